import { connect } from 'node:net';

/** Whether a connection to a server can be made in time. Nothing is sent. */
export function reaches({ hostname, port, protocol }: URL, milliseconds: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect({ host: hostname, port: Number(port) || (protocol === 'https:' ? 443 : 80) });
    const end = (reached: boolean) => {
      socket.destroy();
      done(reached);
    };
    socket.setTimeout(milliseconds, () => end(false));
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
}
