import { expect, test } from './fixtures'

test('a group is made with boxes, a job that targets it runs there, and the group is edited and deleted', async ({
  page,
  fleet,
  problems,
}) => {
  problems.expect(/status of 4(00|09)/) // names that are empty or taken
  await page.goto('/boxes')
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Groups' }).click()
  await page.getByRole('button', { name: 'New group' }).click()
  const form = page.getByRole('dialog', { name: 'New group' })
  await form.getByRole('button', { name: 'Make group' }).click()
  await expect(form).toContainText('must not be empty')
  await form.getByRole('textbox', { name: 'Name' }).fill('radio')
  await form.getByRole('checkbox', { name: 'bench-2' }).check()
  await form.getByRole('button', { name: 'Make group' }).click()
  await expect(form).toBeHidden()
  const row = page.getByRole('list', { name: 'Groups' }).getByRole('listitem').filter({ hasText: 'radio' }).first()
  await expect(row.getByRole('link', { name: 'bench-2' })).toBeVisible()

  const job = await fleet.submit({ script: 'print(1)', target: { group: 'radio' } })
  await expect
    .poll(async () => await fleet.job(job.id), { timeout: 30_000 })
    .toMatchObject({
      ...{ state: 'completed', boxName: 'bench-2' },
    })

  await page.getByRole('button', { name: 'New group' }).click()
  await form.getByRole('textbox', { name: 'Name' }).fill('radio')
  await form.getByRole('button', { name: 'Make group' }).click()
  await expect(form).toContainText('There is a group named radio already.')
  await form.getByRole('button', { name: 'Leave it' }).click()

  await row.getByRole('button', { name: 'Edit radio' }).click()
  const edit = page.getByRole('dialog', { name: 'Edit group' })
  await expect(edit.getByRole('checkbox', { name: 'bench-2' })).toBeChecked()
  await edit.getByRole('checkbox', { name: 'bench-3' }).check()
  await edit.getByRole('textbox', { name: 'Name' }).fill('radios')
  await edit.getByRole('button', { name: 'Save' }).click()
  const renamed = page.getByRole('list', { name: 'Boxes of radios' })
  await expect(renamed.getByRole('link')).toHaveText(['bench-2', 'bench-3'])

  await page.getByRole('button', { name: 'Delete radios' }).click()
  await page.getByRole('dialog', { name: 'Delete group' }).getByRole('button', { name: 'Delete group' }).click()
  await expect(renamed).toBeHidden()
})
