/** One sample of an instant query. */
export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  /** Unix time of the sample's evaluation, in seconds. */
  readonly time: number;
  readonly value: number;
}

/** Asks a real Prometheus. */
export async function query(baseUrl: string, expression: string): Promise<Sample[]> {
  const response = await fetch(`${baseUrl}/api/v1/query?query=${encodeURIComponent(expression)}`);
  const answer = (await response.json()) as {
    status: string;
    error?: string;
    data: { result: { metric: Sample['metric']; value: [number, string] }[] };
  };
  if (answer.status !== 'success') throw new Error(`${expression}: ${answer.error}`);
  return answer.data.result.map(({ metric, value: [time, value] }) => ({
    metric,
    time,
    value: Number(value),
  }));
}

/** Waits until Prometheus has scraped a job after a moment (Unix seconds). */
export async function scrapedAfter(
  baseUrl: string,
  job: string,
  moment: number,
  deadlineMs = 20_000,
): Promise<void> {
  const end = Date.now() + deadlineMs;
  for (;;) {
    const [sample] = await query(baseUrl, `min(timestamp(up{job="${job}"}))`);
    if (sample !== undefined && sample.value > moment) return;
    if (Date.now() > end) throw new Error(`${job} was not scraped within ${deadlineMs} ms after ${moment}`);
    await new Promise((done) => setTimeout(done, 100));
  }
}
