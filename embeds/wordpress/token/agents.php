<?php
/**
 * Which agents visitors may call.
 *
 * @package SynthflowCall
 */

namespace SynthflowCall;

defined( 'ABSPATH' ) || exit;

const CODECS   = array( 'l16', 'pcmu', 'pcma', 'opus' );
const FRAMINGS = array( 'payload', 'rtp' );
const REGIONS  = array( '', 'us', 'eu' );

const UUID_PATTERN         = '/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/iD';
const OLD_ID_PATTERN       = '/^\d{13}x\d{15,20}$/iD';
const PHONE_NUMBER_PATTERN = '/^\+?\d{3,15}$/D';

/**
 * Checks the agents of the settings.
 *
 * @param array[]     $rows         As the settings page stores them: texts, '' for what was left out.
 * @param string|null $api_base_url Where calls of `media` agents are created, whatever their region. Null: by region.
 * @return array[] By alias: `protocol`, `alias`, `id`; of `media` agents also `codec`, `framing`, `bind`, `api_base_url`
 *                 and `call_fields`, what Synthflow is told of every call.
 * @throws Misconfigured One sentence on what to change.
 */
function resolve_agents( $rows, $api_base_url ) {
	if ( ! $rows ) {
		throw new Misconfigured( __( 'No agent is there: name at least one that visitors may call.', 'synthflow-call' ) );
	}
	$agents = array();
	foreach ( array_values( $rows ) as $index => $row ) {
		/* translators: %d: number of the agent in the list. */
		$who   = sprintf( __( 'Agent %d', 'synthflow-call' ), $index + 1 );
		$alias = $row['alias'] ?? '';
		if ( '' === $alias ) {
			/* translators: %s: "Agent 1". */
			throw new Misconfigured( sprintf( __( '%s has no name.', 'synthflow-call' ), $who ) );
		}
		if ( isset( $agents[ $alias ] ) ) {
			/* translators: %s: "Agent 2". */
			throw new Misconfigured( sprintf( __( '%s has the name of another one.', 'synthflow-call' ), $who ) );
		}
		$agents[ $alias ] = 'media' === ( $row['protocol'] ?? '' )
			? resolve_media_agent( $who, $row, $api_base_url )
			: resolve_pcm_agent( $who, $row );
	}
	return $agents;
}

/**
 * An agent behind Synthflow's widget websocket.
 *
 * @param string $who "Agent 1".
 * @param array  $row Of the settings.
 * @return array
 * @throws Misconfigured One sentence on what to change.
 */
function resolve_pcm_agent( $who, $row ) {
	$id = $row['id'] ?? '';
	if ( ! preg_match( UUID_PATTERN, $id ) && ! preg_match( OLD_ID_PATTERN, $id ) ) {
		/* translators: %s: "Agent 1". */
		$sentence = __( '%s has no valid id: it is a UUID, or 13 digits, an x and 15 to 20 digits (see the agent’s page in Synthflow).', 'synthflow-call' );
		throw new Misconfigured( sprintf( $sentence, $who ) );
	}
	return array(
		'protocol' => 'pcm',
		'alias'    => (string) $row['alias'],
		'id'       => $id,
	);
}

/**
 * An agent behind Synthflow's WebSocket media, where each session is a call that is billed.
 *
 * @param string      $who          "Agent 1".
 * @param array       $row          Of the settings.
 * @param string|null $api_base_url See {@see resolve_agents()}.
 * @return array
 * @throws Misconfigured One sentence on what to change.
 */
function resolve_media_agent( $who, $row, $api_base_url ) {
	$row += array_fill_keys( array( 'id', 'fromPhoneNumber', 'toPhoneNumber', 'leadName', 'agentVersion', 'codec', 'framing', 'bind', 'region' ), '' );

	$codec   = $row['codec'] ? $row['codec'] : 'l16';
	$framing = $row['framing'] ? $row['framing'] : ( 'opus' === $codec ? 'rtp' : 'payload' );
	$checks  = array(
		/* translators: %s: "Agent 1". */
		array( preg_match( UUID_PATTERN, $row['id'] ), __( '%s has no valid id: with WebSocket media it is a UUID (see the agent’s page in Synthflow).', 'synthflow-call' ) ),
		/* translators: %s: "Agent 1". */
		array( preg_match( PHONE_NUMBER_PATTERN, $row['fromPhoneNumber'] ), __( '%s has no valid number to call from: write it as +15551234567.', 'synthflow-call' ) ),
		/* translators: %s: "Agent 1". */
		array( preg_match( PHONE_NUMBER_PATTERN, $row['toPhoneNumber'] ), __( '%s has no valid number to call: write it as +15551234567.', 'synthflow-call' ) ),
		/* translators: %s: "Agent 1". */
		array( preg_match( '/^\P{Cc}{0,128}$/uD', $row['leadName'] ), __( '%s has a caller’s name that is not one line of at most 128 characters.', 'synthflow-call' ) ),
		/* translators: %s: "Agent 1". */
		array( in_array( $row['agentVersion'], array( '', 'draft' ), true ) || preg_match( UUID_PATTERN, $row['agentVersion'] ), __( '%s has a version that is neither draft nor a UUID: leave it empty for the live one.', 'synthflow-call' ) ),
		/* translators: %s: "Agent 1". */
		array( in_array( $row['region'], REGIONS, true ), __( '%s has a region that is neither us nor eu.', 'synthflow-call' ) ),
		/* translators: %s: "Agent 1". */
		array( in_array( $codec, CODECS, true ), __( '%s has an unknown codec: use l16, pcmu, pcma or opus.', 'synthflow-call' ) ),
		/* translators: %s: "Agent 1". */
		array( in_array( $framing, FRAMINGS, true ), __( '%s has an unknown framing: use payload or rtp.', 'synthflow-call' ) ),
		/* translators: %s: "Agent 1". */
		array( 'opus' !== $codec || 'rtp' === $framing, __( '%s asks for opus in payload framing: opus goes in rtp only.', 'synthflow-call' ) ),
	);
	foreach ( $checks as list( $holds, $sentence ) ) {
		if ( ! $holds ) {
			throw new Misconfigured( sprintf( $sentence, $who ) );
		}
	}
	$subdomain = '' === $row['region'] ? 'api' : "api.{$row['region']}";
	return array(
		'protocol'     => 'media',
		'alias'        => (string) $row['alias'],
		'id'           => $row['id'],
		'codec'        => $codec,
		'framing'      => $framing,
		'bind'         => (bool) $row['bind'],
		'api_base_url' => null === $api_base_url ? "https://$subdomain.synthflow.ai/v2" : $api_base_url,
		'call_fields'  => array_filter(
			array(
				'modelId'         => $row['id'],
				'fromPhoneNumber' => $row['fromPhoneNumber'],
				'toPhoneNumber'   => $row['toPhoneNumber'],
				'leadName'        => $row['leadName'],
				'agentVersion'    => $row['agentVersion'],
				// Said even where it is Synthflow's default: the answer tells the widget the same.
				'wsMediaCodec'    => $codec,
				'wsMediaFraming'  => $framing,
			),
			'strlen'
		),
	);
}
