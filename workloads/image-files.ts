/** A build context: name in the context → content. */
export type BuildContext = Readonly<Record<string, string>>;

/** Build contexts of our images. */
export interface ImageFiles {
  /** What the docker platform runs. */
  readonly services: BuildContext;
  /** nginx and its agent, on the docker platform and on the router machines of clouds. */
  readonly router: BuildContext;
  /** What clouds run: gateway, and egress beside the router. */
  readonly gateway: BuildContext;
  /** What clouds run: the reviewer of pull requests. */
  readonly reviewer: BuildContext;
}

/** What goes into the images: bundles and a few scripts, nothing that is installed at run time. */
export function imageFiles(readToolkit: (path: string) => string): ImageFiles {
  const script = (name: string) => [name, readToolkit(`templates/docker/${name}`)];
  const program = (name: string) => [`${name}.mjs`, readToolkit(`dist/services/${name}.js`)];
  const shared = ['Dockerfile', 'probe.mjs'].map(script);
  const gateway = ['gateway', 'gateway-tokens'].map(program);
  return {
    services: Object.fromEntries([
      ...shared,
      ...['receive.sh', 'with-secret.sh'].map(script),
      ...gateway,
      program('pr-reviewer'),
      program('vllm-simulator'),
    ]),
    router: Object.fromEntries([
      ...shared,
      ...['router.sh', 'nginx.sh'].map(script),
      program('router-agent'),
    ]),
    gateway: Object.fromEntries([...shared, ...gateway]),
    reviewer: Object.fromEntries([...shared, program('pr-reviewer')]),
  };
}
