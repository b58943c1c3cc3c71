import type { Subject } from './subject.ts';
import { UNKNOWN, type Unknown, type View } from './view.ts';

/** What is rented: the machine's type, whether it has GPUs, and how it is paid. */
export interface Machine {
  readonly type: string | Unknown;
  readonly accelerators: boolean;
  readonly market: 'on-demand' | 'spot';
}

const GPU_TYPES = /^(p[2-9]|g[3-9]|gr6|trn|inf|dl)[a-z0-9-]*\.|^(a[2-9]|g[2-9])-/;

/** An unknown type counts as one with GPUs: nobody has shown otherwise. */
export function isGpuMachine({ type, accelerators }: Machine): boolean {
  return accelerators || type === UNKNOWN || GPU_TYPES.test(type);
}

/** The machine of a resource after the apply. */
export function machineOf(subject: Subject, template: Subject | undefined): Machine | undefined {
  return machineIn(subject.type, subject.after, template?.after);
}

/** The machine of a resource as it is now. */
export function machineBefore(subject: Subject, template: Subject | undefined): Machine | undefined {
  return machineIn(subject.type, subject.before, template?.before);
}

function machineIn(type: string, own: View | undefined, template: View | undefined): Machine | undefined {
  switch (type) {
    case 'docker_container':
      return own?.get('gpus') === undefined
        ? undefined
        : { type: 'docker', accelerators: true, market: 'on-demand' };
    case 'aws_instance':
    case 'aws_autoscaling_group': {
      const view = type === 'aws_instance' ? own : template;
      return view === undefined
        ? undefined
        : { type: view.text('instance_type') ?? '', accelerators: false, market: awsMarket(view) };
    }
    default: {
      const view = type === 'google_compute_instance' ? own : template;
      return view === undefined
        ? undefined
        : {
            type: view.text('machine_type') ?? '',
            accelerators: hasAccelerators(view),
            market: googleMarket(view),
          };
    }
  }
}

function awsMarket(view: View): Machine['market'] {
  const options = view.block('instance_market_options');
  return options !== UNKNOWN && options?.values.market_type === 'spot' ? 'spot' : 'on-demand';
}

function googleMarket(view: View): Machine['market'] {
  const scheduling = view.block('scheduling');
  if (scheduling === UNKNOWN || scheduling === undefined) return 'on-demand';
  const { provisioning_model: model, preemptible } = scheduling.values;
  return model === 'SPOT' || preemptible === true ? 'spot' : 'on-demand';
}

function hasAccelerators(view: View): boolean {
  const accelerators = view.blocks('guest_accelerator');
  return accelerators !== UNKNOWN && accelerators.some((block) => block.number('count') !== 0);
}
