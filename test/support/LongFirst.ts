// The order in which a run begins its files: project by project, in each of them the long ones first.
import { BaseSequencer, type TestSpecification } from "vitest/node"
import { long } from "./testFiles.ts"

const placeOf = ({ moduleId }: TestSpecification): number => {
  const place = long.findIndex((path) => moduleId.endsWith(`/${path}`))
  return place < 0 ? long.length : place
}

export class LongFirst extends BaseSequencer {
  override async sort(files: Array<TestSpecification>): Promise<Array<TestSpecification>> {
    const sorted = await super.sort(files)
    const projects = [...new Set(sorted.map(({ project }) => project))]
    return projects.flatMap((project) =>
      sorted.filter((file) => file.project === project).toSorted((one, other) => placeOf(one) - placeOf(other)),
    )
  }
}
