import { NotFoundNotice } from '../../../ui/not-found-notice'

export default function JobNotFound() {
  return (
    <NotFoundNotice title="There is no such job" way={{ href: '/jobs', label: 'Go to the jobs' }}>
      Its id may be mistyped, or it belongs to another organisation.
    </NotFoundNotice>
  )
}
