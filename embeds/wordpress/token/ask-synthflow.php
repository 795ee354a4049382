<?php
/**
 * The one place that talks to Synthflow, with the key.
 *
 * @package SynthflowCall
 */

namespace SynthflowCall;

defined( 'ABSPATH' ) || exit;

/** For the whole exchange with Synthflow, a second attempt included. */
const UPSTREAM_LIMIT_S = 8;

const UPSTREAM_LIMIT_BYTES = 16384;

/**
 * Sends Synthflow one request; once, unless it may be repeated: a POST may have created a call whatever becomes of its
 * answer.
 *
 * @param string $api_key  The key.
 * @param array  $question `url`; `body` (makes it a POST); `may_repeat`: it creates nothing that is billed, so a first
 *                         attempt that fails on the way is followed by a second; `is_optional`: some accounts and regions
 *                         do not have it, and that is what 503 says then; `on_failure`: told what a 5xx says.
 * @return array The fields of the answer, unchecked; none where it was not a JSON object.
 * @throws Refusal And nothing else. None of Synthflow's words pass on, and no cause.
 */
function ask_synthflow( $api_key, $question ) {
	$started_s = microtime( true );
	$attempts  = empty( $question['may_repeat'] ) ? 1 : 2;
	do {
		$left_s   = UPSTREAM_LIMIT_S - ( microtime( true ) - $started_s );
		$response = wp_remote_request( $question['url'], request_arguments( $api_key, $question, $left_s ) );
		$status   = is_wp_error( $response ) ? 0 : (int) wp_remote_retrieve_response_code( $response );
		$left_s   = UPSTREAM_LIMIT_S - ( microtime( true ) - $started_s );
		--$attempts;
		// What a second attempt may mend: a connection that broke, and an answer that a moment later may be another.
	} while ( $attempts > 0 && $left_s > 1 && in_array( $status, array( 0, 500, 502, 504 ), true ) );

	if ( 0 === $status ) {
		throw $left_s > 0.05
			? new Refusal( 'upstream-error', 'Synthflow could not be reached.' )
			: new Refusal( 'upstream-timeout', 'Synthflow did not answer in time.' );
	}
	if ( $status >= 200 && $status < 300 ) {
		return read_answer( $response );
	}
	if ( isset( $question['on_failure'] ) && $status >= 500 ) {
		call_user_func( $question['on_failure'], read_answer( $response ) );
	}
	throw upstream_refusal( $status, (string) wp_remote_retrieve_header( $response, 'retry-after' ), ! empty( $question['is_optional'] ) );
}

/**
 * What WordPress' HTTP client is told.
 *
 * @param string $api_key  The key.
 * @param array  $question See {@see ask_synthflow()}.
 * @param float  $limit_s  How long it may take.
 */
function request_arguments( $api_key, $question, $limit_s ) {
	$headers = array(
		'Authorization' => "Bearer $api_key",
		'Accept'        => 'application/json',
	);

	$arguments = array(
		'timeout'             => $limit_s,
		// Never followed: the key would go along.
		'redirection'         => 0,
		'limit_response_size' => UPSTREAM_LIMIT_BYTES + 1,
		'user-agent'          => 'synthflow-call/' . VERSION,
	);
	if ( isset( $question['body'] ) ) {
		$arguments['method']     = 'POST';
		$arguments['body']       = wp_json_encode( $question['body'] );
		$headers['Content-Type'] = 'application/json';
	}
	return $arguments + array( 'headers' => $headers );
}

/**
 * The fields of an answer, unchecked.
 *
 * @param array $response Of WordPress' HTTP client.
 * @return array
 */
function read_answer( $response ) {
	$body   = wp_remote_retrieve_body( $response );
	$answer = strlen( $body ) > UPSTREAM_LIMIT_BYTES ? null : json_decode( $body, true );
	return is_array( $answer ) ? $answer : array();
}

/**
 * What a status of Synthflow's means for the visitor.
 *
 * @param int    $status      Not 2xx.
 * @param string $retry_after The header, or ''.
 * @param bool   $is_optional See {@see ask_synthflow()}.
 */
function upstream_refusal( $status, $retry_after, $is_optional ) {
	// Whole seconds up to an hour; anything else (a date, a day, nonsense) is not worth passing on.
	$seconds = preg_match( '/^\d{1,4}$/D', $retry_after ) ? (int) $retry_after : 0;
	$details = $seconds >= 1 && $seconds <= 3600 ? array( 'retry_after' => $seconds ) : array();
	switch ( $status ) {
		case 401:
		case 403:
			return new Refusal( 'upstream-rejected-key', 'Synthflow rejects the API key of this endpoint.' );
		case 429:
			return new Refusal( 'rate-limited', 'Synthflow takes no more calls for now.', $details );
		case 503:
			if ( $is_optional && '' === $retry_after ) {
				return new Refusal( 'upstream-not-enabled', 'Synthflow has not enabled WebSocket media for this account or region, or is busy.' );
			}
			return new Refusal( 'busy', 'Synthflow is busy.', $details );
		default:
			return new Refusal( 'upstream-error', "Synthflow answered $status." );
	}
}
