import { describe, expect, test } from 'vitest';
import { costOf } from '../../plan/cost.ts';
import { Facts } from '../../plan/facts.ts';
import { isGpuMachine, machineBefore, machineOf } from '../../plan/machines.ts';
import { readPlan } from '../../plan/plan-json.ts';
import { Resources } from '../../plan/resources.ts';
import { UNKNOWN } from '../../plan/view.ts';
import { LATER, planOf, type Resource } from './plans.ts';
import { PRODUCTION } from './support.ts';

const subjectOf = (resource: Resource) => {
  const [subject] = new Resources(readPlan(planOf([resource])), undefined).subjects;
  if (subject === undefined) throw new Error('no subject');
  return subject;
};

describe('a machine', () => {
  test.each([
    ...[
      'p2.xlarge',
      'p5.48xlarge',
      'p5en.48xlarge',
      'g3.4xlarge',
      'g6.xlarge',
      'gr6.4xlarge',
      'trn1.2xlarge',
    ],
    ...['inf2.xlarge', 'dl1.24xlarge', 'a2-highgpu-1g', 'a3-highgpu-8g', 'g2-standard-4'],
  ])('%s has GPUs', (type) =>
    expect(isGpuMachine({ type, accelerators: false, market: 'on-demand' })).toBe(true),
  );

  test.each([
    ...[
      'c7i.large',
      'p1.large',
      'g2.xlarge',
      'm6i.large',
      'n1-standard-8',
      'e2-standard-2',
      'a1-small',
      'xp5.large',
    ],
    ...['my-a2-x', 'g1-small', ''],
  ])('%s has none', (type) =>
    expect(isGpuMachine({ type, accelerators: false, market: 'on-demand' })).toBe(false),
  );

  test('of unknown type, or with accelerators, counts as one with GPUs', () => {
    expect(isGpuMachine({ type: UNKNOWN, accelerators: false, market: 'spot' })).toBe(true);
    expect(isGpuMachine({ type: 'n1-standard-8', accelerators: true, market: 'spot' })).toBe(true);
  });

  const AWS = { instance_type: 'p5.48xlarge' };
  const GOOGLE = { machine_type: 'n1-standard-8' };
  test.each<[string, Resource, Resource | undefined, unknown]>([
    [
      'container',
      { type: 'docker_container', after: { gpus: 'all' } },
      undefined,
      ['docker', true, 'on-demand'],
    ],
    ['container without GPUs', { type: 'docker_container', after: {} }, undefined, undefined],
    ['machine of AWS', { type: 'aws_instance', after: AWS }, undefined, ['p5.48xlarge', false, 'on-demand']],
    [
      'machine of AWS without a type',
      { type: 'aws_instance', after: {} },
      undefined,
      ['', false, 'on-demand'],
    ],
    [
      'spot machine of AWS',
      { type: 'aws_instance', after: { ...AWS, instance_market_options: [{ market_type: 'spot' }] } },
      undefined,
      ['p5.48xlarge', false, 'spot'],
    ],
    [
      'machine of a capacity block',
      {
        type: 'aws_instance',
        after: { ...AWS, instance_market_options: [{ market_type: 'capacity-block' }] },
      },
      undefined,
      ['p5.48xlarge', false, 'on-demand'],
    ],
    [
      'machine whose market is not known',
      { type: 'aws_instance', after: { ...AWS, instance_market_options: LATER } },
      undefined,
      ['p5.48xlarge', false, 'on-demand'],
    ],
    [
      'group of AWS',
      { type: 'aws_autoscaling_group', after: {} },
      { type: 'aws_launch_template', after: AWS },
      ['p5.48xlarge', false, 'on-demand'],
    ],
    ['group of AWS without a template', { type: 'aws_autoscaling_group', after: AWS }, undefined, undefined],
    [
      'machine of Google',
      { type: 'google_compute_instance', after: GOOGLE },
      undefined,
      ['n1-standard-8', false, 'on-demand'],
    ],
    [
      'machine of Google without a type',
      { type: 'google_compute_instance', after: {} },
      undefined,
      ['', false, 'on-demand'],
    ],
    [
      'machine of Google with accelerators',
      {
        type: 'google_compute_instance',
        after: { ...GOOGLE, guest_accelerator: [{ count: 0 }, { count: 2 }] },
      },
      undefined,
      ['n1-standard-8', true, 'on-demand'],
    ],
    [
      'machine of Google with no accelerators',
      { type: 'google_compute_instance', after: { ...GOOGLE, guest_accelerator: [{ count: 0 }] } },
      undefined,
      ['n1-standard-8', false, 'on-demand'],
    ],
    [
      'machine of Google whose accelerators are not known',
      { type: 'google_compute_instance', after: { ...GOOGLE, guest_accelerator: LATER } },
      undefined,
      ['n1-standard-8', false, 'on-demand'],
    ],
    [
      'spot machine of Google',
      { type: 'google_compute_instance', after: { ...GOOGLE, scheduling: [{ provisioning_model: 'SPOT' }] } },
      undefined,
      ['n1-standard-8', false, 'spot'],
    ],
    [
      'preemptible machine of Google',
      { type: 'google_compute_instance', after: { ...GOOGLE, scheduling: [{ preemptible: true }] } },
      undefined,
      ['n1-standard-8', false, 'spot'],
    ],
    [
      'standard machine of Google',
      {
        type: 'google_compute_instance',
        after: { ...GOOGLE, scheduling: [{ provisioning_model: 'STANDARD', preemptible: false }] },
      },
      undefined,
      ['n1-standard-8', false, 'on-demand'],
    ],
    [
      'machine of Google whose scheduling is not known',
      { type: 'google_compute_instance', after: { ...GOOGLE, scheduling: LATER } },
      undefined,
      ['n1-standard-8', false, 'on-demand'],
    ],
    [
      'group of Google',
      { type: 'google_compute_instance_group_manager', after: {} },
      { type: 'google_compute_instance_template', after: GOOGLE },
      ['n1-standard-8', false, 'on-demand'],
    ],
  ])('%s', (_what, resource, template, expected) => {
    const read = (one: Resource) => {
      const side = template === undefined ? undefined : subjectOf(template);
      const machine = machineOf(subjectOf(one), side);
      return machine === undefined ? undefined : [machine.type, machine.accelerators, machine.market];
    };
    expect(read(resource)).toEqual(expected);
  });

  test('as it is now is read from what is there', () => {
    const machine = subjectOf({ type: 'aws_instance', before: AWS, after: { instance_type: 'c7i.large' } });
    expect(machineBefore(machine, undefined)).toMatchObject({ type: 'p5.48xlarge' });
    expect(machineOf(machine, undefined)).toMatchObject({ type: 'c7i.large' });
    const group = subjectOf({ type: 'aws_autoscaling_group', before: {}, after: {} });
    const template = subjectOf({
      type: 'aws_launch_template',
      before: AWS,
      after: { instance_type: 'c7i.large' },
    });
    expect(machineBefore(group, template)).toMatchObject({ type: 'p5.48xlarge' });
    expect(machineOf(group, template)).toMatchObject({ type: 'c7i.large' });
  });
});

describe('what GPU machines cost', () => {
  const costs = (...resources: Resource[]) => {
    const facts = new Facts(readPlan(planOf(resources)), undefined, PRODUCTION);
    return costOf(facts.nodes, {
      ...PRODUCTION,
      price: (machine, market) => (machine === 'p5.48xlarge' ? (market === 'spot' ? 3 : 10) : undefined),
    });
  };
  const machine = (after: object | undefined, before?: object, type = 'aws_instance'): Resource => ({
    type,
    ...(before === undefined ? {} : { before: before as Record<string, unknown> }),
    ...(after === undefined ? {} : { after: after as Record<string, unknown> }),
  });
  const P5 = { instance_type: 'p5.48xlarge' };

  test.each<[string, Resource, unknown]>([
    ['a new one', machine(P5), { before: 0, after: 10, unpriced: [] }],
    ['one that goes', machine(undefined, P5), { before: 10, after: 0, unpriced: [] }],
    ['one that stays', machine(P5, P5), { before: 10, after: 10, unpriced: [] }],
    [
      'spot',
      machine({ ...P5, instance_market_options: [{ market_type: 'spot' }] }),
      { before: 0, after: 3, unpriced: [] },
    ],
    [
      'a container',
      machine({ gpus: 'all' }, undefined, 'docker_container'),
      { before: 0, after: 0, unpriced: [] },
    ],
    [
      'one without a price',
      machine({ instance_type: 'p9.48xlarge' }),
      {
        before: 0,
        after: 0,
        unpriced: [{ address: 'aws_instance.it', what: 'no price is known of p9.48xlarge (on-demand)' }],
      },
    ],
    [
      'one without a price that goes',
      machine(undefined, { instance_type: 'p9.48xlarge' }),
      { before: 0, after: 0, unpriced: [] },
    ],
    [
      'one of unknown type',
      machine({ instance_type: LATER }),
      {
        before: 0,
        after: 0,
        unpriced: [{ address: 'aws_instance.it', what: 'its machine type is only known after the apply' }],
      },
    ],
    [
      'one that says no type',
      machine({ guest_accelerator: [{ count: 1 }] }, undefined, 'google_compute_instance'),
      {
        before: 0,
        after: 0,
        unpriced: [
          {
            address: 'google_compute_instance.it',
            what: 'no price is known of a machine without a type (on-demand)',
          },
        ],
      },
    ],
  ])('%s', (_what, resource, expected) => expect(costs(resource)).toEqual(expected));

  const TEMPLATE = {
    type: 'aws_launch_template',
    name: 't',
    before: { id: 't', ...P5 },
    after: { id: 't', ...P5 },
  };
  const group = (before: object, after: object): Resource => ({
    type: 'aws_autoscaling_group',
    before: { ...before, launch_template: [{ id: 't' }] },
    after: { ...after, launch_template: [{ id: 't' }] },
  });
  test.each<[string, object, object, [number, number, string[]]]>([
    ['as many as are wanted', { desired_capacity: 2 }, { desired_capacity: 3 }, [20, 30, []]],
    ['the least where none are wanted', { min_size: 1 }, { min_size: 4 }, [10, 40, []]],
    ['nothing where it is empty', { desired_capacity: 0 }, { desired_capacity: 0 }, [0, 0, []]],
    [
      'unknown where the number is',
      { desired_capacity: 2 },
      { desired_capacity: LATER },
      [20, 0, ['the number of p5.48xlarge is only known after the apply']],
    ],
    ['unknown where nothing says it', {}, { min_size: 1 }, [0, 10, []]],
  ])('a group: %s', (_what, before, after, [was, will, unpriced]) => {
    const cost = costs(TEMPLATE, group(before, after));
    expect([cost.before, cost.after, cost.unpriced.map(({ what }) => what)]).toEqual([was, will, unpriced]);
  });

  test('a new group whose wanted size the provider fills in has its least size', () => {
    const after = { desired_capacity: LATER, min_size: 2, launch_template: [{ id: 't' }] };
    expect(costs(TEMPLATE, { type: 'aws_autoscaling_group', after }).after).toBe(20);
  });
});
