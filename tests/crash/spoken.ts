/** What the product says, as far as the crash test has to understand it. */

/** The line, at log level `debug`, that an action was taken in; with the action's id. */
export const ACCEPTED = /^\^5debug\^7 ([0-9a-f]{10}): /;

/** An outcome that another resource has heard of, as the resource `caller` prints it. */
export const OUTCOME = /^event (queued|delivered|refused) (.*)$/s;

/** An answer to an export call, as the resource `caller` prints it. */
export const ANSWER = /^answer (\d+) (.*)$/s;

/** What is printed when the product itself is at fault. */
export const FAULT = /SCRIPT ERROR|[Uu]nhandled|internal error/;

/** The answer to `cmsqueue`, which comes when what is stored has been read. */
export const QUEUE_LISTED = /On their way: |Nothing is waiting: |Nothing is on its way\./;
