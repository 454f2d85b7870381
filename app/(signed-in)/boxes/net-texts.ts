/** Nets by type with their number, names in the title: `2 × UART`. */
export function netTexts(nets: readonly { name: string; type: string }[]): { text: string; title: string }[] {
  const byType = Map.groupBy(nets, (net) => net.type)
  return [...byType]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([type, all]) => ({
      text: all.length === 1 ? type : `${all.length} × ${type}`,
      title: all.map((net) => net.name).join(', '),
    }))
}
