import { z } from 'zod';
import { ApiError, sendError, sendJson } from '../../common/http/errors.ts';
import { ClientGone, readBytes } from '../../common/http/request-body.ts';
import type { Handler } from '../../common/http/server.ts';
import { jobId, QueuedJob } from '../job.ts';
import type { Run, Worker } from './worker.ts';

const LARGEST_BODY = 64 * 1024;
/** Cloud Tasks tries again after everything but 2xx. */
const STATUS: Readonly<Record<Run, number>> = { over: 200, busy: 429, failed: 500, 'put off': 503 };

/** `POST /work`: jobs that a queue brings. Who may bring them is decided by the platform in front of it. */
export function createWorkHandler(worker: Worker, ending: AbortSignal): Handler {
  return (req, res) => {
    const work = async () => {
      if (req.method !== 'POST' || req.url !== '/work') throw new ApiError(404, 'Here is POST /work.');
      const job = parse(await readBytes(req, LARGEST_BODY));
      const run = await worker.run(jobId(job), job, ending);
      sendJson(res, STATUS[run], JSON.stringify({ run }));
    };
    work().catch((error: unknown) => {
      if (error instanceof ClientGone || res.headersSent) return;
      sendError(res, error instanceof ApiError ? error : new ApiError(500, 'The job could not be read.'));
    });
    return { cutShort: (error) => (res.headersSent ? undefined : sendError(res, error)) };
  };
}

/** @throws ApiError 400 */
function parse(bytes: Buffer): QueuedJob {
  try {
    return QueuedJob.parse(JSON.parse(bytes.toString('utf8')));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError)
      throw new ApiError(400, 'The body is no job.');
    throw error;
  }
}
