import { DomainError } from '../errors'

/** The object store does not answer, or refuses what it must take: the same request may work in a moment. */
export class StoreUnavailable extends DomainError {
  constructor(override readonly cause: unknown) {
    super('unavailable', 'The object store does not answer just now. Nothing was changed; try again.')
  }
}
