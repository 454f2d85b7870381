/** How many boxes the form offers to choose from: the largest page there is. */
export const BOXES_OFFERED = { limit: 200 }
