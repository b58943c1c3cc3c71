/**
 * `limits/account.ts` in Redis: admits or settles one request of one key in one indivisible step. A limiter library
 * was weighed and left: see docs/decisions/0014-limits.md.
 *
 * KEYS: account (hash), leases (sorted set by expiry), amounts (hash: pico-dollars by lease). They share a hash tag.
 * Time is Redis' own, so that the gateways' clocks do not matter; days and months come from the gateway, which
 * writes the same into the ledger. Money goes through HINCRBY (64 bit, exact); Lua only compares it.
 *
 * A lease that nobody renewed belonged to a gateway that died: its slot and its reservation return by themselves.
 */
const COMMON = `
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local UNITS = 60000
local TTL = 40 * 24 * 3600

local function minus(amount)
  if amount == '0' then return '0' end
  return '-' .. amount
end

local function forget(lease)
  local amount = redis.call('HGET', KEYS[3], lease)
  if not amount then return false end
  redis.call('HINCRBY', KEYS[1], 'reserved', minus(amount))
  redis.call('HDEL', KEYS[3], lease)
  redis.call('ZREM', KEYS[2], lease)
  return true
end

local function enter(day, month)
  local known = redis.call('HMGET', KEYS[1], 'day', 'month')
  if day > (known[1] or '') then redis.call('HSET', KEYS[1], 'day', day, 'spentDay', '0') end
  if month > (known[2] or '') then redis.call('HSET', KEYS[1], 'month', month, 'spentMonth', '0') end
end

local function drained(level, limit, elapsed)
  if limit == '' then return 0 end
  return math.max(0, (tonumber(level) or 0) - tonumber(limit) * elapsed)
end

local function levels(limitRequests, limitTokens)
  local had = redis.call('HMGET', KEYS[1], 'requests', 'tokens', 'at')
  local elapsed = math.max(0, now - (tonumber(had[3]) or now))
  return drained(had[1], limitRequests, elapsed), drained(had[2], limitTokens, elapsed)
end

local function keep(requests, tokens)
  local at = math.max(now, tonumber(redis.call('HGET', KEYS[1], 'at')) or 0)
  redis.call('HSET', KEYS[1], 'requests', string.format('%.0f', requests), 'tokens', string.format('%.0f', tokens),
    'at', string.format('%.0f', at))
  for i = 1, 3 do redis.call('EXPIRE', KEYS[i], TTL) end
end

local function standing(refused, requests, tokens)
  local money = redis.call('HMGET', KEYS[1], 'reserved', 'spentDay', 'spentMonth')
  return { refused, redis.call('ZCARD', KEYS[2]), string.format('%.0f', requests), string.format('%.0f', tokens),
    money[1] or '0', money[2] or '0', money[3] or '0' }
end

for _, lease in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now)) do forget(lease) end
`;

/** ARGV: lease, its life in ms, tokens, pico-dollars, day, month, then the limits, '' for none. */
export const ADMIT = `${COMMON}
local lease, life, askTokens, askMoney, day, month = unpack(ARGV, 1, 6)
local parallel, perMinute, tokensPerMinute, perDay, perMonth = unpack(ARGV, 7, 11)
enter(day, month)
local requests, tokens = levels(perMinute, tokensPerMinute)
local money = redis.call('HMGET', KEYS[1], 'reserved', 'spentDay', 'spentMonth')
local reserved = tonumber(money[1]) or 0

local refused = ''
if parallel ~= '' and redis.call('ZCARD', KEYS[2]) >= tonumber(parallel) then refused = 'parallel'
elseif perMinute ~= '' and requests + UNITS > tonumber(perMinute) * UNITS then refused = 'requests'
elseif tokensPerMinute ~= '' and tokens >= tonumber(tokensPerMinute) * UNITS then refused = 'tokens'
elseif perDay ~= '' and (tonumber(money[2]) or 0) + reserved >= tonumber(perDay) then refused = 'day'
elseif perMonth ~= '' and (tonumber(money[3]) or 0) + reserved >= tonumber(perMonth) then refused = 'month'
end

if refused == '' then
  redis.call('ZADD', KEYS[2], now + tonumber(life), lease)
  redis.call('HSET', KEYS[3], lease, askMoney)
  redis.call('HINCRBY', KEYS[1], 'reserved', askMoney)
  if perMinute ~= '' then requests = requests + UNITS end
  if tokensPerMinute ~= '' then tokens = tokens + tonumber(askTokens) * UNITS end
end
keep(requests, tokens)
return standing(refused, requests, tokens)
`;

/**
 * ARGV: lease, tokens reserved, tokens used, pico-dollars used, '1' if nothing was sent, day, month, requests and tokens
 * per minute, '1' if an earlier try may have been carried out: then only a lease that is still there is booked.
 */
export const SETTLE = `${COMMON}
local lease, askTokens, usedTokens, usedMoney, unsent, day, month = unpack(ARGV, 1, 7)
local perMinute, tokensPerMinute, unsure = unpack(ARGV, 8, 10)
enter(day, month)
local requests, tokens = levels(perMinute, tokensPerMinute)
if forget(lease) or unsure ~= '1' then
  redis.call('HINCRBY', KEYS[1], 'spentDay', usedMoney)
  redis.call('HINCRBY', KEYS[1], 'spentMonth', usedMoney)
  if unsent == '1' then requests = math.max(0, requests - UNITS) end
  if tokensPerMinute ~= '' then
    tokens = math.max(0, tokens + (tonumber(usedTokens) - tonumber(askTokens)) * UNITS)
  end
end
keep(requests, tokens)
return standing('', requests, tokens)
`;

/** KEYS: leases. ARGV: life in ms, then leases that are still under way. One that was given up is not revived. */
export const RENEW = `
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
for i = 2, #ARGV do redis.call('ZADD', KEYS[1], 'XX', now + tonumber(ARGV[1]), ARGV[i]) end
return 0
`;
