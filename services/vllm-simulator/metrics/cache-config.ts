import type { ServerOptions } from '../server-options.ts';

const python = (value: boolean) => (value ? 'True' : 'False');

/** Labels of `vllm:cache_config_info`; what the simulator does not know has vLLM's default. */
export function cacheConfig(server: ServerOptions): Record<string, string> {
  const { blockSize, kvCacheBlocks } = server;
  const tokens = blockSize * kvCacheBlocks;
  return {
    _block_size_resolved: 'True',
    block_size: String(blockSize),
    cache_dtype: 'auto',
    cache_hit_alignment_tokens: 'None',
    effective_attention_block_size: String(blockSize),
    enable_mamba_shared_prefix_checkpoint: 'False',
    enable_prefix_caching: python(server.prefixCaching),
    engine: '0',
    gpu_memory_utilization: String(server.gpuMemoryUtilization),
    hash_block_size: 'None',
    is_attention_free: 'False',
    kv_cache_dtype_skip_layers: '[]',
    kv_cache_layout: 'None',
    kv_cache_max_concurrency: String(tokens / server.maxModelLen),
    kv_cache_memory_bytes: 'None',
    kv_cache_size_tokens: String(tokens),
    kv_offloading_backend: 'native',
    kv_offloading_size: 'None',
    kv_sharing_fast_prefill: 'False',
    mamba_block_size: 'None',
    mamba_cache_dtype: 'auto',
    mamba_cache_mode: 'none',
    mamba_page_size_padded: 'None',
    mamba_ssm_cache_dtype: 'float32',
    num_cpu_blocks: 'None',
    num_gpu_blocks: String(kvCacheBlocks),
    num_gpu_blocks_override: server.kvCacheBlocksOverridden ? String(kvCacheBlocks) : 'None',
    prefix_cache_retention_interval: '0',
    prefix_caching_hash_algo: 'sha256',
    prefix_match_unit: 'None',
    replayssm_buffer_len: '16',
    skip_page_size_padded: 'None',
    sliding_window: 'None',
    swa_bounded_replay: 'True',
    use_kda_recoverssm: 'False',
    use_replayssm: 'False',
    user_specified_block_size: python(server.blockSizeGiven),
  };
}
