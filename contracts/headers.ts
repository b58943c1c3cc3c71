/** Header names on the wire between client, gateway, router, servers and egress. Lower case, as Node gives them. */

/** From the client: which conversation this turn belongs to. */
export const CONVERSATION = 'x-fleet-conversation';
/** From the client: `off` leaves the conversation as it is. From the gateway: what was done to it. */
export const COMPRESSION = 'x-fleet-compression';
/** From the client: pin to one release (authorised and stripped by the gateway). From the router: the release that answered. */
export const RELEASE = 'x-fleet-release';
/** Gateway → router: the resolved model. */
export const MODEL = 'x-fleet-model';
/** Gateway → router: the routing key (hex). */
export const ROUTING_KEY = 'x-fleet-routing-key';
/** Gateway → router: the authorised pin; empty when there is none. */
export const PIN = 'x-fleet-pin';
/** Gateway → router, router → egress: the secret of the hop. */
export const HOP_KEY = 'x-fleet-hop-key';
/** From the router: the server that answered, `host:port`. */
export const SERVER = 'x-fleet-server';
/** From the router: `1` when no byte of the request reached a server, so that it may be sent again. */
export const UNSENT = 'x-fleet-unsent';
/**
 * Router → egress: the location that takes the request if nothing of it reached the endpoint. The egress names it in
 * `x-accel-redirect` then, which makes nginx go there.
 */
export const FALLBACK = 'x-fleet-fallback';
/** Both ways: the request's id. */
export const REQUEST_ID = 'x-request-id';
