import type { Metadata } from 'next'
import { requireCaller } from '../../../data/server'
import { PageHeading } from '../../../ui/page-heading'
import { ManagersOnly } from '../managers-only'
import { AddBoxForm } from './add-box-form'

export const metadata: Metadata = { title: 'Add box' }

export default async function AddBoxPage() {
  await requireCaller('/boxes/new')
  return (
    <div className="mx-auto flex max-w-5xl flex-col gap-4">
      <PageHeading title="Add box" />
      <ManagersOnly>
        <AddBoxForm />
      </ManagersOnly>
    </div>
  )
}
