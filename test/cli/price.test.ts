import { expect, test } from 'vitest';
import { printPrice, printSum } from '../../cli/print/price.ts';
import { plain } from '../../cli/print/style.ts';
import { costOf } from '../../contracts/cost.ts';
import { parseEnvironment } from '../../contracts/parse-environment.ts';
import { cloudText } from '../contracts/cloud-support.ts';

test.each([
  [
    { usdPerHour: 265.47, usdPerMonth: 193_793.1, unknownMachines: 0 },
    '$265.47 per hour, $193,793 per month',
  ],
  [
    { usdPerHour: 0.8536, usdPerMonth: 623.128, unknownMachines: 2 },
    'at least $0.85 per hour, $623 per month, plus 2 machines of unknown price',
  ],
  [{ usdPerHour: 0, usdPerMonth: 0, unknownMachines: 1 }, '1 machine of unknown price'],
])('%j', (sum, text) => {
  expect(printSum(sum)).toBe(text);
});

test('the table says where each price comes from, and what it is not sure of', () => {
  const capacity = [
    { from: 'reservation', reservation: 'mine', count: 1 },
    { from: 'flex-start', count: 1 },
  ];
  const text = cloudText('google', {
    nodes: { count: 2, capacity },
    section: { region: 'europe-west4', zones: ['europe-west4-b'] },
  });
  const lines = printPrice(costOf(parseEnvironment({ path: 'environments/test.yaml', text })), plain).split(
    '\n',
  );
  expect(lines.map((line) => line.replaceAll(/ {2,}/g, '  ').trim())).toEqual([
    'release  machines  from  $ per hour  list price of',
    'gpt-oss-120b v32  1 × a3-highgpu-8g  reservation mine  88.49  2026-02-12 (us-central1, not yours), on-demand; yours may differ',
    'gpt-oss-120b v32  1 × a3-highgpu-8g  flex-start  unknown',
    'GPU machines: at least $88.49 per hour, $64,598 per month, plus 1 machine of unknown price (730 h); routers, gateway, disks and traffic come on top',
  ]);
});
