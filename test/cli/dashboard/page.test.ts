import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openBrowser } from '../../support/chromium.ts';
import { RealPrometheus } from '../../support/real-prometheus.ts';
import { pastHour, STEP } from './past.ts';
import { DashboardProject } from './project.ts';

/** WCAG 2.2, 1.4.3. */
const LEAST_CONTRAST = 4.5;
/** Pixels of a line's colour; a line of 2 pixels over a plot has hundreds. */
const LEAST_PIXELS = 100;

let prometheus: RealPrometheus;
let project: DashboardProject;
let browser: Browser;
let url: string;

beforeAll(async () => {
  prometheus = await RealPrometheus.create();
  await prometheus.remember(pastHour(Math.floor(Date.now() / 1000 / STEP) * STEP));
  await prometheus.start();
  project = new DashboardProject(prometheus.port);
  [url, browser] = await Promise.all([project.serve(), openBrowser()]);
});

afterAll(async () => {
  await browser?.close();
  project?.remove();
  await prometheus?.remove();
});

const SCREENS = [
  ['light', { colorScheme: 'light', viewport: { width: 1280, height: 900 } }],
  ['dark', { colorScheme: 'dark', viewport: { width: 1280, height: 900 } }],
  ['on a phone', { colorScheme: 'light', viewport: { width: 390, height: 844 } }],
] as const;

describe.each(SCREENS)('%s', (name, options) => {
  let page: Page;
  const errors: string[] = [];
  beforeAll(async () => {
    page = await (await browser.newContext(options)).newPage();
    page.on('pageerror', ({ message }) => errors.push(message));
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    await page.goto(url);
    await page.waitForSelector('article li');
  });

  test('three questions, each with a plot whose axes say what they count', async () => {
    await expect(page.locator('h2').allTextContents()).resolves.toEqual([
      'What does it cost?',
      'How long until the first token?',
      'Does the cache work?',
    ]);
    const axes = await page.locator('.axis').allTextContents();
    expect(axes).toEqual([
      expect.stringMatching(/, USD per day$/),
      expect.stringMatching(/^time of day, \S+/),
      expect.stringMatching(/, seconds; objective: 3 s$/),
      expect.stringMatching(/^time of day, /),
      expect.stringMatching(/, percent of prompt tokens$/),
      expect.stringMatching(/^time of day, /),
    ]);
    expect(errors).toEqual([]);
  });

  test('every line of every legend is in its plot', async () => {
    for (const article of await page.locator('article').all()) {
      const colours = await article.locator('.swatch').evaluateAll((swatches) =>
        swatches.map((swatch) => {
          const { borderTopColor, backgroundColor } = getComputedStyle(swatch);
          return swatch.classList.contains('area') ? backgroundColor : borderTopColor;
        }),
      );
      expect(colours.length).toBeGreaterThan(1);
      const pixels = await article.locator('canvas').evaluate(countPixels, colours);
      for (const [index, count] of pixels.entries())
        expect(count, `line ${index + 1} of ${await article.locator('h2').textContent()}`).toBeGreaterThan(
          LEAST_PIXELS,
        );
    }
  });

  test('every text is readable on what lies behind it', async () => {
    const contrasts = await page.locator('h1, h2, p, dt, dd, li, button, summary').evaluateAll(contrastsOf);
    expect(contrasts.length).toBeGreaterThan(20);
    for (const { text, contrast } of contrasts) expect(contrast, text).toBeGreaterThanOrEqual(LEAST_CONTRAST);
  });

  test('it fits: nothing has to be moved sideways', async () => {
    const { width } = options.viewport;
    await expect(page.evaluate(() => document.documentElement.scrollWidth)).resolves.toBeLessThanOrEqual(
      width,
    );
    const boxes = await Promise.all(
      (await page.locator('article').all()).map((article) => article.boundingBox()),
    );
    const lefts = new Set(boxes.map((box) => box?.x));
    expect(lefts.size).toBe(name === 'on a phone' ? 1 : 2);
  });
});

test('another range is asked for, and stays in the address', async () => {
  const page = await browser.newPage();
  await page.goto(`${url}?range=6h`);
  await page.waitForSelector('article li');
  await expect(page.locator('nav [aria-pressed=true]').textContent()).resolves.toBe('6h');
  const asked = page.waitForResponse((response) => response.url().endsWith('/answers?range=15m'));
  await page.getByRole('button', { name: '15m' }).click();
  await asked;
  expect(page.url()).toBe(`${url}?range=15m`);
  await page.close();
});

test('where nothing was asked yet it says so, and when Prometheus goes it keeps what it has', async () => {
  const empty = await RealPrometheus.create();
  await empty.start();
  const quiet = new DashboardProject(empty.port);
  const page = await browser.newPage();
  try {
    await page.goto(await quiet.serve());
    await page.waitForSelector('.empty');
    await expect(page.locator('.empty').allTextContents()).resolves.toEqual(
      Array.from({ length: 3 }, () => 'Nothing within 1h: no request was answered.'),
    );
    await expect(page.locator('dd').first().textContent()).resolves.toBe('unknown');
    await empty.stop();
    await page.waitForSelector('#failure:not([hidden])', { timeout: 20_000 });
    await expect(page.locator('#failure').textContent()).resolves.toMatch(
      /^Prometheus at .* does not answer. What you see is older\.$/,
    );
    await expect(page.locator('article').count()).resolves.toBe(3);
  } finally {
    await page.close();
    quiet.remove();
    await empty.remove();
  }
}, 60_000);

/** Runs in the page: how many pixels of a canvas have nearly each of these colours. */
function countPixels(canvas: SVGElement | HTMLElement, colours: readonly string[]): number[] {
  if (!(canvas instanceof HTMLCanvasElement)) return [];
  const context = canvas.getContext('2d');
  const { data } = context?.getImageData(0, 0, canvas.width, canvas.height) ?? { data: [] };
  return colours.map((colour) => {
    const [red = 0, green = 0, blue = 0] = colour.match(/\d+/g)?.map(Number) ?? [];
    let count = 0;
    for (let at = 0; at < data.length; at += 4) {
      const distance =
        Math.abs((data[at] ?? 0) - red) +
        Math.abs((data[at + 1] ?? 0) - green) +
        Math.abs((data[at + 2] ?? 0) - blue);
      if ((data[at + 3] ?? 0) > 100 && distance < 60) count += 1;
    }
    return count;
  });
}

/** Runs in the page: contrast of each visible text with the nearest background behind it. */
function contrastsOf(elements: readonly Element[]): { text: string; contrast: number }[] {
  const parts = (colour: string) => colour.match(/[\d.]+/g)?.map(Number) ?? [];
  const luminance = (colour: string) => {
    const [red = 0, green = 0, blue = 0] = parts(colour).map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const behind = (element: Element | null): string => {
    if (element === null) return 'rgb(255, 255, 255)';
    const { backgroundColor } = getComputedStyle(element);
    return parts(backgroundColor)[3] === 0 ? behind(element.parentElement) : backgroundColor;
  };
  return elements
    .filter((element) => (element.textContent ?? '').trim() !== '' && element.getClientRects().length > 0)
    .map((element) => {
      const [dark = 0, bright = 0] = [
        luminance(getComputedStyle(element).color),
        luminance(behind(element)),
      ].toSorted((a, b) => a - b);
      return { text: element.textContent ?? '', contrast: (bright + 0.05) / (dark + 0.05) };
    });
}
