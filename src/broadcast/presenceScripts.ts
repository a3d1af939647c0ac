// What Redis does in one step for presence. Its own clock alone says whose lease has ended. Kept there:
// `nodes`, a sorted set: node → when its lease ends; `devices:<node>`, a hash that ends with the lease: user → number of devices;
// `chat:<id>`, a set of "<node> <user>". What dead nodes leave in the sets is passed over, and taken out by whoever reads it.

const now = `
local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`

/**
 * Renews a node's lease. Keys: nodes, the node's devices. Arguments: node, lease, how long ended leases are kept.
 * Gives whether the lease had still been good, the time, and all leases.
 */
export const beatScript = `${now}
local before = tonumber(redis.call("ZSCORE", KEYS[1], ARGV[1]))
redis.call("ZADD", KEYS[1], now + ARGV[2], ARGV[1])
redis.call("PEXPIRE", KEYS[2], ARGV[2])
redis.call("ZREMRANGEBYSCORE", KEYS[1], "-inf", now - ARGV[3])
return { (before and before >= now) and 1 or 0, tostring(now), redis.call("ZRANGE", KEYS[1], 0, -1, "WITHSCORES") }
`

/**
 * Puts a user into chats or takes them out, and tells everybody. Keys: nodes, chats. Arguments: node, "<node> <user>", SADD or
 * SREM, seconds that the chats are kept, channel, message. Nobody is told by a node whose lease has ended: 0.
 */
export const tellScript = `${now}
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
 * Counts a user's devices over all nodes. Keys: nodes. Arguments: node, user, devices here, limit, lease, what the names of the
 * nodes' hashes begin with. 0: that would be too many, and nothing is changed.
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
 * A node's last beat, and its word that it goes; its devices count no more. Keys: nodes, the node's devices. Arguments: node, lease,
 * channel, message. A lease that has ended stays ended.
 */
export const retireScript = `${now}
local ends = tonumber(redis.call("ZSCORE", KEYS[1], ARGV[1]))
if ends and ends >= now then redis.call("ZADD", KEYS[1], now + ARGV[2], ARGV[1]) end
redis.call("DEL", KEYS[2])
redis.call("PUBLISH", ARGV[3], ARGV[4])
return 1
`

/** The nodes whose leases are good. Keys: nodes. */
export const aliveScript = `${now}
return redis.call("ZRANGEBYSCORE", KEYS[1], now, "+inf")
`
