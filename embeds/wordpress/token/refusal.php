<?php
/**
 * Why a request gets no session.
 *
 * @package SynthflowCall
 */

namespace SynthflowCall;

defined( 'ABSPATH' ) || exit;

/** Every error code that an answer can carry, and its HTTP status: those of the endpoint in `server/`. */
const REFUSAL_STATUS = array(
	'bad-request'            => 400,
	'agent-required'         => 400,
	'agent-not-allowed'      => 403,
	'origin-not-allowed'     => 403,
	'method-not-allowed'     => 405,
	'too-large'              => 413,
	'unsupported-media-type' => 415,
	'rate-limited'           => 429,
	'internal-error'         => 500,
	'misconfigured'          => 500,
	'upstream-error'         => 502,
	'upstream-not-enabled'   => 502,
	'upstream-rejected-key'  => 502,
	'busy'                   => 503,
	'upstream-timeout'       => 504,
);

/** Its message goes to the visitor's browser, so it says nothing secret. It is for the site's developer: English. */
final class Refusal extends \Exception {
	/**
	 * One of REFUSAL_STATUS.
	 *
	 * @var string
	 */
	public $reason;

	/**
	 * `retry_after` (s) and `allow` are said in the answer, `limit` in the log alone.
	 *
	 * @var array
	 */
	public $details;

	/**
	 * A refusal.
	 *
	 * @param string $reason  One of REFUSAL_STATUS.
	 * @param string $message One sentence on what to change.
	 * @param array  $details See $details.
	 */
	public function __construct( $reason, $message, $details = array() ) {
		parent::__construct( $message );
		$this->reason  = $reason;
		$this->details = $details;
	}

	/** HTTP status of the answer. */
	public function status() {
		return REFUSAL_STATUS[ $this->reason ];
	}
}

/** What is wrong with the settings: one sentence for the settings page. It quotes no value: any might be the key by mistake. */
final class Misconfigured extends \Exception {}
