import { NotFoundNotice } from '../../../ui/not-found-notice'

export default function BoxNotFound() {
  return (
    <NotFoundNotice title="There is no such box" way={{ href: '/boxes', label: 'Go to the boxes' }}>
      Its id may be mistyped, or it belongs to another organisation.
    </NotFoundNotice>
  )
}
