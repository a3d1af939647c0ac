// The atomic scripts of presence. Only the clock of Redis decides whose lease has ended. Keys: `nodes`, a sorted set:
// node → when its lease ends; `devices:<node>`, a hash that ends with the lease: user → number of devices; `chat:<id>`,
// a set of "<node> <user>". Readers ignore and remove what dead nodes leave in the sets.

const now = `
local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`

/**
 * Renews a node's lease. Keys: nodes, the node's devices. Arguments: node, lease, how long ended leases are kept.
 * Returns whether the lease was still valid, the time, and all leases.
 */
export const beatScript = `${now}
local before = tonumber(redis.call("ZSCORE", KEYS[1], ARGV[1]))
redis.call("ZADD", KEYS[1], now + ARGV[2], ARGV[1])
redis.call("PEXPIRE", KEYS[2], ARGV[2])
redis.call("ZREMRANGEBYSCORE", KEYS[1], "-inf", now - ARGV[3])
return { (before and before >= now) and 1 or 0, tostring(now), redis.call("ZRANGE", KEYS[1], 0, -1, "WITHSCORES") }
`

/**
 * Adds a user to chats or removes them, and publishes the change. Keys: nodes, chats. Arguments: node, "<node> <user>",
 * SADD or SREM, seconds that the chats are kept, channel, message. Returns 0 without publishing if the node's lease has
 * ended.
 */
export const changeScript = `${now}
local ends = tonumber(redis.call("ZSCORE", KEYS[1], ARGV[1]))
if not ends or ends < now then return 0 end
for i = 2, #KEYS do
  redis.call(ARGV[3], KEYS[i], ARGV[2])
  if ARGV[3] == "SADD" then redis.call("EXPIRE", KEYS[i], ARGV[4]) end
end
redis.call("PUBLISH", ARGV[5], ARGV[6])
return 1
`

/**
 * Counts a user's devices over all nodes. Keys: nodes. Arguments: node, user, devices here, limit, lease, the prefix of
 * the nodes' hashes. Returns 0 and changes nothing if there are too many.
 */
export const admitScript = `${now}
local total = tonumber(ARGV[3])
for _, node in ipairs(redis.call("ZRANGEBYSCORE", KEYS[1], now, "+inf")) do
  if node ~= ARGV[1] then total = total + (tonumber(redis.call("HGET", ARGV[6] .. node, ARGV[2])) or 0) end
end
if total > tonumber(ARGV[4]) then return 0 end
redis.call("HSET", ARGV[6] .. ARGV[1], ARGV[2], ARGV[3])
redis.call("PEXPIRE", ARGV[6] .. ARGV[1], ARGV[5])
return 1
`

/**
 * The last beat of a node that shuts down, and its notice to the others; its devices no longer count. Keys: nodes, the
 * node's devices. Arguments: node, lease, channel, message. An ended lease stays ended.
 */
export const retireScript = `${now}
local ends = tonumber(redis.call("ZSCORE", KEYS[1], ARGV[1]))
if ends and ends >= now then redis.call("ZADD", KEYS[1], now + ARGV[2], ARGV[1]) end
redis.call("DEL", KEYS[2])
redis.call("PUBLISH", ARGV[3], ARGV[4])
return 1
`

/** The nodes with valid leases. Keys: nodes. */
export const aliveScript = `${now}
return redis.call("ZRANGEBYSCORE", KEYS[1], now, "+inf")
`
