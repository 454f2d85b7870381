/** Preloaded into a process under test: SIGUSR2 puts its clock forward by an hour, and the next one back again. */
const RealDate = Date
let aheadMs = 0
process.on('SIGUSR2', () => {
  aheadMs = aheadMs === 0 ? 3_600_000 : 0
})
globalThis.Date = class extends RealDate {
  // its own, since Next copies what a clock has, and nothing that it inherits
  static UTC = RealDate.UTC
  static parse = RealDate.parse
  constructor(...given) {
    if (given.length > 0) super(...given)
    else super(RealDate.now() + aheadMs)
  }
  static now() {
    return RealDate.now() + aheadMs
  }
}
