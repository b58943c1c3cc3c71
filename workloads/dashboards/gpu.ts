import { type DashboardPlan, type Panel, RELEASE, type Unit } from './panel.ts';

const BY_GPU = 'model, release, node, gpu';
const GPU = '{{node}} GPU {{gpu}}';
const BY_NODE = 'model, release, node';
const NODE = '{{model}} {{release}} {{node}}';

function eachGpu(title: string, description: string, unit: Unit, expr: string): Panel {
  return { title, description, kind: 'lines', unit, width: 8, queries: [{ expr, legend: GPU }] };
}

const of = (metric: string, how = 'avg', by = BY_GPU) => `${how} by (${by}) (${metric}{${RELEASE}})`;

/** How are the GPUs? Machines that are found by their labels run NVIDIA's DCGM exporter, with its default metrics. */
export function gpuDashboard(): DashboardPlan {
  const used = of('DCGM_FI_DEV_FB_USED', 'max');
  const free = of('DCGM_FI_DEV_FB_FREE', 'max');
  return {
    uid: 'fleet-gpu',
    title: 'GPU',
    description: 'Load, memory, heat, power and errors of every GPU.',
    variables: ['model', 'release'],
    rows: [
      {
        title: 'Load',
        panels: [
          {
            ...eachGpu(
              'Busy',
              'Share of the time that a kernel ran. Says nothing of how well it ran.',
              'percent',
              of('DCGM_FI_DEV_GPU_UTIL'),
            ),
            max: 100,
          },
          {
            ...eachGpu(
              'Memory in use',
              'vLLM takes what it may use when it starts, so that this does not follow the load; the KV cache does.',
              'percentunit',
              `${used} / (${used} + ${free})`,
            ),
            max: 1,
          },
          {
            ...eachGpu(
              'Memory copies',
              'Share of the time that memory was read or written.',
              'percent',
              of('DCGM_FI_DEV_MEM_COPY_UTIL'),
            ),
            max: 100,
          },
        ],
      },
      {
        title: 'Heat and power',
        panels: [
          {
            ...eachGpu(
              'Temperature',
              'Above 85 °C GPUs slow down.',
              'celsius',
              of('DCGM_FI_DEV_GPU_TEMP', 'max'),
            ),
            threshold: { value: 85, bad: 'above' },
          },
          {
            title: 'Power',
            description: 'All GPUs of a node.',
            kind: 'area',
            unit: 'watt',
            width: 8,
            queries: [{ expr: of('DCGM_FI_DEV_POWER_USAGE', 'sum', BY_NODE), legend: NODE }],
          },
          {
            title: 'Tokens per joule',
            description: 'Generated tokens of a release ÷ energy of its GPUs, over an hour.',
            kind: 'lines',
            unit: 'suffix: tokens/J',
            width: 8,
            queries: [
              {
                expr: `sum by (model, release) (rate(vllm:generation_tokens_total{${RELEASE}}[1h])) / (sum by (model, release) (avg_over_time(DCGM_FI_DEV_POWER_USAGE{${RELEASE}}[1h])) > 0)`,
                legend: '{{model}} {{release}}',
              },
            ],
          },
        ],
      },
      {
        title: 'Faults',
        panels: [
          eachGpu(
            'Last XID',
            'Number of the last error that the driver reported; 0 none. It stays after the fault.',
            'short',
            of('DCGM_FI_DEV_XID_ERRORS', 'max'),
          ),
          eachGpu(
            'Rows that could not be remapped',
            '1: broken memory that the GPU could not replace; the machine has to go.',
            'short',
            of('DCGM_FI_DEV_ROW_REMAP_FAILURE', 'max'),
          ),
          eachGpu(
            'SM clock',
            'MHz. A drop at full load is a GPU that protects itself from heat or power.',
            'short',
            of('DCGM_FI_DEV_SM_CLOCK'),
          ),
        ],
      },
    ],
  };
}
