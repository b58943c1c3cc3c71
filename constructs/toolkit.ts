/** Where this toolkit's programs are, as the synthesized stacks refer to them. Made once, in `main.ts`. */
export interface Toolkit {
  /** The toolkit's folder, relative to the folder that Terraform runs in. */
  readonly path: string;
  /** The project's folder (the one with cdktf.json), relative to the folder that Terraform runs in. */
  readonly projectPath: string;
  /** SHA-256 of a bundled service, so that a new program is a change in the plan. */
  programHash(service: 'gateway' | 'pr-reviewer' | 'router-agent' | 'vllm-simulator'): string;
}
