/** The peer's queue, beside ours in the same Redis. */
export const PEER_QUEUE = "peer-jobs";
