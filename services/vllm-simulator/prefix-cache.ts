/** Keys of the full blocks of a growing token sequence: each hashes its tokens and all tokens before them. */
export class BlockChain {
  readonly keys: number[] = [];
  readonly #blockSize: number;
  #length = 0;
  #low: number;
  #high: number;

  /** @param salt the request's `cache_salt`: sequences with different salts share no block */
  constructor(blockSize: number, salt = '') {
    this.#blockSize = blockSize;
    this.#low = 0x811c9dc5;
    this.#high = 0x9747b28c;
    for (let index = 0; index < salt.length; index += 1) this.#mix(salt.charCodeAt(index));
  }

  #mix(value: number): void {
    this.#low = Math.imul(this.#low ^ value, 0x01000193);
    this.#low ^= this.#low >>> 15;
    this.#high = Math.imul(this.#high + value, 0x85ebca6b) ^ (this.#high >>> 13);
  }

  push(ids: readonly number[], from = 0, to = ids.length): void {
    for (let index = from; index < to; index += 1) {
      this.#mix(ids[index] ?? 0);
      this.#length += 1;
      if (this.#length % this.#blockSize === 0) {
        this.keys.push((this.#low >>> 0) * 2 ** 21 + (this.#high & 0x1fffff));
      }
    }
  }
}

interface Block {
  readonly key: number;
  users: number;
}

/** What one running request holds of the cache. */
export interface Allocation {
  /** Prompt tokens whose blocks were found; the request does not compute them again. */
  readonly cachedTokens: number;
  readonly chain: BlockChain;
  /** Shared blocks it uses, in order. */
  readonly blocks: Block[];
  /** Blocks that are its own so far: not full, or not computed. */
  ownBlocks: number;
}

/**
 * vLLM's prefix cache (v1/core/kv_cache_manager.py): blocks of tokens shared by all requests, found again by the
 * hash of everything up to their end. Blocks in use stay; the others are kept until their room is needed, the
 * longest unused first, the tail of a sequence before its head.
 *
 * Differences: an equal block computed twice at the same time is kept once, and running requests are never preempted:
 * a request that does not fit waits, and a running one may grow beyond the capacity.
 */
export class PrefixCache {
  readonly enabled: boolean;
  readonly blockSize: number;
  /** Blocks in all. */
  readonly capacity: number;
  readonly #known = new Map<number, Block>();
  readonly #idle = new Map<number, Block>();
  #own = 0;

  constructor({ blockSize, capacity, enabled }: { blockSize: number; capacity: number; enabled: boolean }) {
    this.blockSize = blockSize;
    this.capacity = capacity;
    this.enabled = enabled;
  }

  /** Blocks held by running requests. */
  get usedBlocks(): number {
    return this.#known.size - this.#idle.size + this.#own;
  }

  /** Blocks that would be found again, used ones included. */
  get cachedBlocks(): number {
    return this.#known.size;
  }

  /**
   * Takes the blocks for a prompt, or returns undefined while there is no room. The block with the prompt's last token
   * is never taken from the cache, even if it is there: vLLM has to compute it to get the first token.
   */
  allocate(promptIds: readonly number[], salt?: string): Allocation | undefined {
    const chain = new BlockChain(this.blockSize, salt);
    if (this.enabled) chain.push(promptIds);
    const found: Block[] = [];
    const reusable = Math.floor((promptIds.length - 1) / this.blockSize);
    for (const key of chain.keys.slice(0, reusable)) {
      const block = this.#known.get(key);
      if (block === undefined) break;
      found.push(block);
    }
    const needed = Math.ceil(promptIds.length / this.blockSize) - found.length;
    const idleFound = found.filter((block) => block.users === 0).length;
    if (this.usedBlocks > 0 && this.usedBlocks + idleFound + needed > this.capacity) return undefined;
    for (const block of found) {
      block.users += 1;
      this.#idle.delete(block.key);
    }
    this.#own += needed;
    this.#makeRoom();
    return { cachedTokens: found.length * this.blockSize, chain, blocks: found, ownBlocks: needed };
  }

  /** Full blocks among the first `computedTokens` tokens are found by other requests from now on. */
  publish(allocation: Allocation, computedTokens: number): void {
    if (!this.enabled) return;
    const full = Math.min(Math.floor(computedTokens / this.blockSize), allocation.chain.keys.length);
    while (allocation.blocks.length < full) {
      const key = allocation.chain.keys[allocation.blocks.length] ?? 0;
      const block = this.#known.get(key) ?? { key, users: 0 };
      this.#known.set(key, block);
      this.#idle.delete(key);
      block.users += 1;
      allocation.blocks.push(block);
      if (allocation.ownBlocks > 0) {
        allocation.ownBlocks -= 1;
        this.#own -= 1;
      }
    }
  }

  /** Room for a sequence that has grown to `tokens` tokens. */
  grow(allocation: Allocation, tokens: number): void {
    const missing = Math.ceil(tokens / this.blockSize) - allocation.blocks.length - allocation.ownBlocks;
    if (missing <= 0) return;
    allocation.ownBlocks += missing;
    this.#own += missing;
    this.#makeRoom();
  }

  release(allocation: Allocation): void {
    this.#own -= allocation.ownBlocks;
    allocation.ownBlocks = 0;
    for (const block of allocation.blocks.splice(0).reverse()) {
      block.users -= 1;
      if (block.users === 0) this.#idle.set(block.key, block);
    }
    this.#makeRoom();
  }

  #makeRoom(): void {
    for (const key of this.#idle.keys()) {
      if (this.#known.size + this.#own <= this.capacity) return;
      this.#idle.delete(key);
      this.#known.delete(key);
    }
  }
}
