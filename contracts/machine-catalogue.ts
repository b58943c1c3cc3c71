/** What one machine costs. Prices move: each says when and where it was read. */
export interface MachinePrice {
  readonly usdPerHour: number;
  /** Absent: the source does not say. */
  readonly region?: string;
  /** `2026-11-09`, or `2026-08` where the source gives no day. */
  readonly date: string;
  readonly source: string;
}

/** A GPU machine. Whatever is absent is unknown. */
export interface Machine {
  readonly platform: 'google' | 'aws' | 'any';
  /** GPU model as in this catalogue: known limits of models go by it. */
  readonly gpu: string;
  readonly gpus: number;
  /** What CUDA offers of one GPU: less than the vendor's figure. */
  readonly gpuMemoryGiB: number;
  /** Whether NVLink joins the GPUs of the machine. */
  readonly nvlink?: boolean;
  readonly vcpus?: number;
  readonly memoryGiB?: number;
  /** Local disks that come with the machine; 0: none do. */
  readonly localDiskGB?: number;
  readonly onDemand?: MachinePrice;
  readonly spot?: MachinePrice;
}

/**
 * Memory: "total capacity" in PyTorch's out-of-memory errors, H100 vllm-project/vllm#27508, H200 139.80 in many logs of
 * 2026, A100 levihsu/OOTDiffusion#235 and TianheWu/CoSeR#10, L40S QwenLM/Qwen3-VL#2097, L4 22.03 in many logs (22.17 with
 * older drivers), B200 unslothai/unsloth#3411.
 */
const GPUS = {
  H100: { gpu: 'H100', gpuMemoryGiB: 79.11 },
  H200: { gpu: 'H200', gpuMemoryGiB: 139.8 },
  B200: { gpu: 'B200', gpuMemoryGiB: 178.35 },
  A100_80: { gpu: 'A100-80GB', gpuMemoryGiB: 79.25 },
  A100_40: { gpu: 'A100-40GB', gpuMemoryGiB: 39.5 },
  L40S: { gpu: 'L40S', gpuMemoryGiB: 44.4, nvlink: false },
  L4: { gpu: 'L4', gpuMemoryGiB: 22.03, nvlink: false },
} as const;

const CYCLENERD = 'github.com/Cyclenerd/google-cloud-pricing-cost-calculator pricing.yml';
const DATARECEIPTS = 'datareceipts';
const DSTACK = 'github.com/dstackai/dstack/issues/4110';
const TANOD = 'huggingface.co/datasets/tanod/cloud-gpu-list-prices';
const VANTAGE = 'instances.vantage.sh in github.com/tsaol/aws-gpu';

/**
 * Sizes: github.com/Cyclenerd/google-cloud-pricing-cost-calculator (build/gcp.yml and tools/machinetypes.csv, 2026-08-20)
 * and instances.vantage.sh (2025-11-30). `8x-h100` and `1x-l4` are machines of no vendor.
 */
export const MACHINE_CATALOGUE: Readonly<Record<string, Machine>> = {
  'a3-highgpu-8g': {
    platform: 'google',
    ...GPUS.H100,
    gpus: 8,
    nvlink: true,
    vcpus: 208,
    memoryGiB: 1872,
    localDiskGB: 6000,
    onDemand: { usdPerHour: 88.49, region: 'us-central1', date: '2026-02-12', source: CYCLENERD },
    spot: { usdPerHour: 35.4, region: 'us-central1', date: '2026-02-12', source: CYCLENERD },
  },
  'a3-megagpu-8g': {
    platform: 'google',
    ...GPUS.H100,
    gpus: 8,
    nvlink: true,
    vcpus: 208,
    memoryGiB: 1872,
    localDiskGB: 6000,
    onDemand: { usdPerHour: 92.94, region: 'us-east4', date: '2026-02-12', source: CYCLENERD },
    spot: { usdPerHour: 37.39, region: 'us-east4', date: '2026-02-12', source: CYCLENERD },
  },
  'a3-ultragpu-8g': {
    platform: 'google',
    ...GPUS.H200,
    gpus: 8,
    nvlink: true,
    vcpus: 224,
    memoryGiB: 2952,
    onDemand: { usdPerHour: 83.49, date: '2026-10-13', source: TANOD },
    spot: { usdPerHour: 50.09, date: '2026-10-13', source: TANOD },
  },
  'a4-highgpu-8g': {
    platform: 'google',
    ...GPUS.B200,
    gpus: 8,
    nvlink: true,
    vcpus: 224,
    memoryGiB: 3968,
  },
  'a2-ultragpu-8g': {
    platform: 'google',
    ...GPUS.A100_80,
    gpus: 8,
    nvlink: true,
    vcpus: 96,
    memoryGiB: 1360,
    localDiskGB: 3000,
    onDemand: { usdPerHour: 40.55, region: 'us-central1', date: '2026-02-12', source: CYCLENERD },
    spot: { usdPerHour: 16.22, region: 'us-central1', date: '2026-02-12', source: CYCLENERD },
  },
  'g2-standard-8': {
    platform: 'google',
    ...GPUS.L4,
    gpus: 1,
    vcpus: 8,
    memoryGiB: 32,
    localDiskGB: 0,
    onDemand: { usdPerHour: 0.8536, region: 'us-central1', date: '2025-03-06', source: CYCLENERD },
    spot: { usdPerHour: 0.3368, region: 'us-central1', date: '2025-03-06', source: CYCLENERD },
  },
  'g2-standard-96': {
    platform: 'google',
    ...GPUS.L4,
    gpus: 8,
    vcpus: 96,
    memoryGiB: 384,
    localDiskGB: 0,
    onDemand: { usdPerHour: 8.0033, region: 'us-central1', date: '2025-03-06', source: CYCLENERD },
    spot: { usdPerHour: 3.1488, region: 'us-central1', date: '2025-03-06', source: CYCLENERD },
  },
  'p5.48xlarge': {
    platform: 'aws',
    ...GPUS.H100,
    gpus: 8,
    nvlink: true,
    vcpus: 192,
    memoryGiB: 2048,
    localDiskGB: 30_720,
    onDemand: { usdPerHour: 55.04, region: 'us-east-1', date: '2026-11-09', source: DATARECEIPTS },
  },
  'p5en.48xlarge': {
    platform: 'aws',
    ...GPUS.H200,
    gpus: 8,
    nvlink: true,
    vcpus: 192,
    memoryGiB: 2048,
    localDiskGB: 30_720,
    onDemand: { usdPerHour: 63.3, region: 'us-east-1', date: '2026-08', source: DSTACK },
    spot: { usdPerHour: 27.2, region: 'us-east-1', date: '2026-08', source: DSTACK },
  },
  'p6-b200.48xlarge': {
    platform: 'aws',
    ...GPUS.B200,
    gpus: 8,
    nvlink: true,
    vcpus: 192,
    memoryGiB: 2048,
    localDiskGB: 30_720,
    onDemand: { usdPerHour: 113.93, region: 'us-east-1', date: '2025-11-30', source: VANTAGE },
  },
  'p4de.24xlarge': {
    platform: 'aws',
    ...GPUS.A100_80,
    gpus: 8,
    nvlink: true,
    vcpus: 96,
    memoryGiB: 1152,
    localDiskGB: 8000,
    onDemand: { usdPerHour: 27.45, region: 'us-east-1', date: '2026-11-09', source: DATARECEIPTS },
  },
  'p4d.24xlarge': {
    platform: 'aws',
    ...GPUS.A100_40,
    gpus: 8,
    nvlink: true,
    vcpus: 96,
    memoryGiB: 1152,
    localDiskGB: 8000,
    onDemand: { usdPerHour: 21.96, region: 'us-east-1', date: '2026-11-09', source: DATARECEIPTS },
  },
  'g6e.48xlarge': {
    platform: 'aws',
    ...GPUS.L40S,
    gpus: 8,
    vcpus: 192,
    memoryGiB: 1536,
    onDemand: { usdPerHour: 30.13, region: 'us-east-1', date: '2025-11-30', source: VANTAGE },
  },
  'g6e.xlarge': {
    platform: 'aws',
    ...GPUS.L40S,
    gpus: 1,
    vcpus: 4,
    memoryGiB: 32,
    localDiskGB: 250,
    onDemand: { usdPerHour: 1.861, region: 'us-east-1', date: '2025-11-30', source: VANTAGE },
  },
  'g6.xlarge': {
    platform: 'aws',
    ...GPUS.L4,
    gpus: 1,
    vcpus: 4,
    memoryGiB: 16,
    localDiskGB: 250,
    onDemand: { usdPerHour: 0.8048, region: 'us-east-1', date: '2025-11-30', source: VANTAGE },
  },
  '8x-h100': { platform: 'any', ...GPUS.H100, gpus: 8 },
  '1x-l4': { platform: 'any', ...GPUS.L4, gpus: 1 },
};
