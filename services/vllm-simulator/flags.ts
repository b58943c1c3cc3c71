import data from './flags.json' with { type: 'json' };
import type { Flag } from './flags-from-help.ts';

/** The flags of `vllm serve` 0.32. The data is what `flagsFromHelp` reads out of its help text; a test compares. */
export const vllmFlags = data as readonly Flag[];
