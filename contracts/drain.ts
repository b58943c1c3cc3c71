/** Seconds for each thing that happens when a server or its machine stops. Each is longer than what it waits for. */
export interface DrainTimes {
  /** `--shutdown-timeout` of vLLM: how long it finishes requests before it aborts them. */
  readonly shutdownTimeout: number;
  /** Container engine: from its SIGTERM to its SIGKILL. */
  readonly containerStop: number;
  /** `TimeoutStopSec` of the unit that runs the container. */
  readonly unitStop: number;
  /** From "not ready" to SIGTERM: routers look every 2 s and finish a reload in between. */
  readonly leaveRouter: number;
  /** `TimeoutStopSec` of the unit that waits for it. */
  readonly leaveRouterStop: number;
  /** How often a machine asks its cloud whether it is taken away. */
  readonly notice: number;
  /** From the cloud's announcement to the last server's end: the heartbeat timeout of AWS's lifecycle hook. */
  readonly machineLeave: number;
}

const LEAVE_ROUTER_SECONDS = 10;
const NOTICE_SECONDS = 5;
/** What a killed engine takes to give its GPUs back, or a slow container engine to answer. */
const MARGIN_SECONDS = 10;

/** Every time of a drain, from the one number that a release gives: `nodes.drain`. */
export function drainTimes(drainSeconds: number): DrainTimes {
  const containerStop = drainSeconds + MARGIN_SECONDS;
  const unitStop = containerStop + MARGIN_SECONDS;
  return {
    shutdownTimeout: drainSeconds,
    containerStop,
    unitStop,
    leaveRouter: LEAVE_ROUTER_SECONDS,
    leaveRouterStop: LEAVE_ROUTER_SECONDS + MARGIN_SECONDS,
    notice: NOTICE_SECONDS,
    machineLeave: NOTICE_SECONDS + LEAVE_ROUTER_SECONDS + unitStop + 2 * MARGIN_SECONDS,
  };
}
