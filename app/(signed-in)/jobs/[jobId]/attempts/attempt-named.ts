/** The attempt that `?attempt=` names, where the job has it; else its current one. */
export function attemptNamed(parameter: unknown, { attempt: current }: { attempt: number }): number {
  const named = typeof parameter === 'string' ? Number(parameter) : Number.NaN
  return Number.isInteger(named) && named >= 1 && named <= current ? named : current
}
