/**
 * Requests that one server works on at once: vLLM's default of `--max-num-seqs` for GPUs with less than 70 GiB,
 * and what every server of ours can hold. More wait in its queue.
 */
export const SEQUENCES_PER_SERVER = 256;
