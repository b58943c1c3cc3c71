import { describe, expect, test } from 'vitest';
import { MACHINE_CATALOGUE } from '../../contracts/machine-catalogue.ts';
import { MODEL_CATALOGUE } from '../../contracts/model-catalogue.ts';

describe('the machine catalogue', () => {
  const machines = Object.entries(MACHINE_CATALOGUE);
  const prices = machines.flatMap(([name, { onDemand, spot }]) =>
    [onDemand, spot].flatMap((price) => (price === undefined ? [] : [{ name, ...price }])),
  );

  test('says of each price what it is, when it was read and where', () => {
    expect(prices.length).toBeGreaterThan(10);
    for (const { name, usdPerHour, date, source } of prices) {
      expect(usdPerHour, name).toBeGreaterThan(0);
      expect(date, name).toMatch(/^202\d-[01]\d(-[0-3]\d)?$/);
      expect(source, name).not.toBe('');
    }
  });

  test.each(machines)('%s costs less on spot than on demand', (_name, { onDemand, spot }) => {
    if (onDemand === undefined || spot === undefined) return expect(spot).toBeUndefined();
    expect(spot.usdPerHour).toBeLessThan(onDemand.usdPerHour);
  });

  test.each(machines)('%s has GPUs whose memory is less than the vendor’s figure', (_name, machine) => {
    const advertised = { H100: 80, H200: 141, B200: 192, 'A100-80GB': 80, 'A100-40GB': 40, L40S: 48, L4: 24 };
    const figure = Object.entries(advertised).find(([gpu]) => gpu === machine.gpu)?.[1] ?? 0;
    expect(machine.gpuMemoryGiB).toBeLessThan(figure);
    expect(machine.gpuMemoryGiB).toBeGreaterThan(figure * 0.9);
  });
});

describe('the model catalogue', () => {
  const published = Object.entries(MODEL_CATALOGUE).filter(([, { weights }]) => weights !== undefined);

  test.each(published)('%s has every number that the fit is computed from', (_name, definition) => {
    const { layers, slidingLayers, slidingWindow, kvHeads, headDim, checkpointGiB, loadedGiB } = definition;
    for (const number of [layers, slidingLayers, slidingWindow, kvHeads, headDim])
      expect(Number.isInteger(number)).toBe(true);
    expect(slidingLayers).toBeLessThan(layers ?? 0);
    expect(loadedGiB).toBeGreaterThan(checkpointGiB ?? Number.POSITIVE_INFINITY);
  });

  test('gpt-oss-120b keeps 36 KiB of KV cache for a token, 20b keeps 24', () => {
    const perToken = published.map(
      ([, { layers = 0, slidingLayers = 0, kvHeads = 0, headDim = 0 }]) =>
        ((layers - slidingLayers) * kvHeads * headDim * 2 * 2) / 1024,
    );
    expect(perToken).toEqual([36, 24]);
  });
});
