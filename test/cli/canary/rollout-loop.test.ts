import { describe, expect, test } from 'vitest';
import { Killed, World } from './rollout-world.ts';

const BEFORE = { v32: '95 stable', v33: '0 canary', public: '5' };
const PROMOTED = { v32: '0 canary', v33: '95 stable', public: '5' };

async function whole(canaryFails: boolean): Promise<World> {
  const world = new World({ canaryFails });
  await world.begin();
  return world;
}

/** For each boundary of a whole rollout the world that a kill there leaves behind. */
async function* killed(canaryFails: boolean): AsyncGenerator<{ world: World; boundary: number }> {
  const { boundaries } = await whole(canaryFails);
  expect(boundaries).toBeGreaterThan(30);
  for (let boundary = 1; boundary <= boundaries; boundary += 1) {
    const world = new World({ canaryFails, killAt: boundary });
    await expect(world.begin(), `boundary ${boundary}`).rejects.toThrow(Killed);
    yield { world, boundary };
  }
}

async function expectClosed(world: World, boundary: number): Promise<string> {
  const record = await world.latest();
  const at = `boundary ${boundary}, ${record?.journal.map(({ event }) => event).join(', ')}`;
  expect(world.agrees(), at).toBe(true);
  const outcome =
    record === undefined ? 'not begun' : record.state.phase === 'closed' ? record.state.outcome : 'open';
  expect(world.weights(), at).toEqual(outcome === 'promoted' ? PROMOTED : BEFORE);
  const history = await world.history();
  expect(history, at).toEqual(record === undefined ? [] : [record]);
  return outcome;
}

describe.each([
  ['promoted', false],
  ['rolled-back', true],
] as const)('a rollout that ends %s', (ending, canaryFails) => {
  test('leaves file, state and routers that agree', async () => {
    const world = await whole(canaryFails);
    expect(await expectClosed(world, 0)).toBe(ending);
  });

  test('ends so too when it is killed at any boundary and resumed, with every decision written down once', async () => {
    const { journal } = (await (await whole(canaryFails)).latest()) ?? {};
    for await (const { world, boundary } of killed(canaryFails)) {
      await world.resume();
      const outcome = await expectClosed(world, boundary);
      if (outcome === 'not begun') continue;
      expect(outcome).toBe(ending);
      const events = (await world.latest())?.journal.map(({ event }) => event);
      expect(events, `boundary ${boundary}`).toEqual(journal?.map(({ event }) => event));
    }
  });

  test('is undone when it is killed at any boundary before its end and rolled back', async () => {
    for await (const { world, boundary } of killed(canaryFails)) {
      const phase = (await world.latest())?.state.phase;
      await world.rollBack();
      const outcome = await expectClosed(world, boundary);
      expect(outcome).toBe(phase === undefined ? 'not begun' : phase === 'closed' ? ending : 'rolled-back');
    }
  });

  test('is undone when it is killed at any boundary of a step and expires, and else comes to its end', async () => {
    for await (const { world, boundary } of killed(canaryFails)) {
      const phase = (await world.latest())?.state.phase;
      await world.expire();
      const outcome = await expectClosed(world, boundary);
      if (phase === undefined) expect(outcome).toBe('not begun');
      else if (phase === 'promoting' || phase === 'closed') expect(outcome).toBe(ending);
      else expect(outcome).toBe('rolled-back');
    }
  });
});

test('whoever was overtaken by somebody on another host changes nothing any more', async () => {
  const world = new World({ canaryFails: false, killAt: 12 });
  await expect(world.begin()).rejects.toThrow(Killed);
  const overtaken = world.resumeLater();
  await world.rollBack();
  await expect(overtaken()).rejects.toThrow(/somebody else runs rollout r1 of gpt-oss-120b now, closed/);
  expect(world.weights()).toEqual(BEFORE);
  expect(world.agrees()).toBe(true);
});
