import { defaultShouldDehydrateQuery, QueryCache, QueryClient } from '@tanstack/react-query'
import { mayPass } from './failure'

const TRIES = 3

/**
 * A cache of what was read. Nothing in it goes stale by time: live topics say when to read again.
 * @param onError told of each query that failed
 */
export function makeQueryClient(onError: (error: Error) => void = () => undefined): QueryClient {
  return new QueryClient({
    queryCache: new QueryCache({ onError }),
    defaultOptions: {
      queries: {
        staleTime: Number.POSITIVE_INFINITY,
        refetchOnWindowFocus: false,
        refetchOnReconnect: false,
        networkMode: 'always',
        retry: (failures, error) => typeof window !== 'undefined' && failures < TRIES && mayPass(error),
      },
      mutations: { networkMode: 'always' },
      dehydrate: {
        shouldDehydrateQuery: (query) => defaultShouldDehydrateQuery(query) || query.state.status === 'pending',
        shouldRedactErrors: () => false,
      },
    },
  })
}
