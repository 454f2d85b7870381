import { expect, openLive, test } from './fixtures'
import { NewJobPage } from './new-job-page'

test('while a job is described, the page tells live which boxes fit, which are free, and why others are not', async ({
  page,
  fleet,
}) => {
  const form = new NewJobPage(page)
  await form.open()
  const summary = page.getByRole('status', { name: 'Fitting boxes' })
  const boxes = page.getByRole('region', { name: 'Boxes for this job' }).getByRole('listitem')
  await expect(summary).toHaveText('3 of 3 boxes fit; 3 are free now.')
  await expect(boxes).toHaveText(['Free now – bench-1, bench-2, bench-3'])

  await form.add('Add requirement', { 'Requirement 1': 'dut=' })
  await expect(page.getByText('Not counted, since it is not complete: dut=')).toBeVisible()
  await page.getByLabel('Requirement 1', { exact: true }).fill('dut=stm32')
  await expect(summary).toHaveText('1 of 3 boxes fits; 1 is free now.')
  await expect(boxes).toHaveText(['Free now – bench-2', 'Not labelled dut=stm32 – bench-1, bench-3'])

  const target = { box: 'bench-2' }
  const { id } = await fleet.submit({ script: 'import time\ntime.sleep(600)', target })
  await expect(summary).toHaveText('1 of 3 boxes fits; none is free now.')
  await expect(boxes.first()).toHaveText('Busy with other jobs – bench-2')

  await page.getByRole('radio', { name: 'A certain box' }).check()
  const choice = page.getByRole('combobox', { name: 'Box' })
  await expect(choice.getByRole('option')).toHaveText([
    ...['Choose …', 'bench-2 (Busy with other jobs)'],
    ...['bench-1 (Not labelled dut=stm32)', 'bench-3 (Not labelled dut=stm32)'],
  ])
  await expect(summary).toHaveCount(0)
  await choice.selectOption('bench-2')
  await expect(summary).toHaveText('The box fits, but is not free now.')
  await fleet.cancel(id)
  await expect(summary).toHaveText('The box fits and is free now.')
  await expect(choice.getByRole('option', { name: 'bench-2', exact: true })).toBeAttached()
})

test('running a job again begins with what its own target meets', async ({ page, fleet }) => {
  const { id } = await fleet.submit({ script: 'print(1)', target: { box: 'bench-1' }, requires: ['dut=stm32'] })
  await openLive(page, `/jobs/new?rerun=${id}`)
  await expect(page.getByRole('status', { name: 'Fitting boxes' })).toHaveText('The box does not fit.')
})
