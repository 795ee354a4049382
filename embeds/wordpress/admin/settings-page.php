<?php
/**
 * Settings → Synthflow Call.
 *
 * @package SynthflowCall
 */

namespace SynthflowCall;

defined( 'ABSPATH' ) || exit;

const PAGE = 'synthflow-call';

/** Both options, with what cleans what the form sends. WordPress checks nonce and capability. */
function register_settings() {
	register_setting( PAGE, SETTINGS_OPTION, array( 'sanitize_callback' => __NAMESPACE__ . '\sanitize_settings' ) );
	register_setting( PAGE, KEY_OPTION, array( 'sanitize_callback' => __NAMESPACE__ . '\sanitize_key_form' ) );
}
add_action( 'admin_init', __NAMESPACE__ . '\register_settings' );

/** The page in the menu. */
function add_settings_page() {
	$title = __( 'Synthflow Call', 'synthflow-call' );
	$page  = add_options_page( $title, $title, 'manage_options', PAGE, __NAMESPACE__ . '\print_settings_page' );
	add_action( "admin_print_styles-$page", __NAMESPACE__ . '\enqueue_settings_style' );
}
add_action( 'admin_menu', __NAMESPACE__ . '\add_settings_page' );

/** The page's own style. */
function enqueue_settings_style() {
	wp_enqueue_style( 'synthflow-call-settings', plugins_url( 'admin/settings-page.css', PLUGIN_FILE ), array(), VERSION );
}

/**
 * A link to it beside the plugin's name.
 *
 * @param string[] $links Of the plugin.
 */
function add_settings_link( $links ) {
	array_unshift( $links, sprintf( '<a href="%s">%s</a>', esc_url( settings_url() ), esc_html__( 'Settings', 'synthflow-call' ) ) );
	return $links;
}
add_filter( 'plugin_action_links_' . plugin_basename( PLUGIN_FILE ), __NAMESPACE__ . '\add_settings_link' );

/**
 * What is stored of the settings: cleaned, and otherwise as it was typed. resolve_settings() says what is wrong with it, so
 * nothing that was typed is lost.
 *
 * @param mixed $given Of the form, or in the stored shape.
 */
function sanitize_settings( $given ) {
	if ( ! is_array( $given ) ) {
		return get_settings();
	}
	$agents = array();
	foreach ( (array) ( $given['agents'] ?? array() ) as $row ) {
		$row = array_map( __NAMESPACE__ . '\clean_line', array_intersect_key( (array) $row, array_flip( AGENT_FIELDS ) ) );
		// An empty row is none.
		if ( '' !== ( $row['alias'] ?? '' ) || '' !== ( $row['id'] ?? '' ) ) {
			$agents[] = $row;
		}
	}
	$origins = $given['origins'] ?? array();
	$origins = is_array( $origins ) ? $origins : preg_split( '/[\s,]+/', (string) $origins );
	$limits  = array_intersect_key( (array) ( $given['limits'] ?? array() ), LIMIT_WINDOWS );
	return array(
		'agents'                => $agents,
		'origins'               => array_values( array_filter( array_map( __NAMESPACE__ . '\clean_line', $origins ), 'strlen' ) ),
		'limits'                => array_map( __NAMESPACE__ . '\clean_line', $limits ),
		'proxies'               => clean_line( $given['proxies'] ?? '0' ),
		'everywhere'            => ! empty( $given['everywhere'] ),
		'everywhere_attributes' => clean_line( $given['everywhere_attributes'] ?? '' ),
	);
}

/**
 * One line of text, with nothing else done to it: it is checked where it is used, and escaped where it is printed.
 *
 * @param mixed $text Anything.
 */
function clean_line( $text ) {
	$text = is_scalar( $text ) ? wp_check_invalid_utf8( (string) $text ) : '';
	return trim( preg_replace( '/[\x00-\x1f\x7f]+/', ' ', $text ) );
}

/**
 * What is stored of the key: a new one, none, or the same as before where the form says nothing.
 *
 * @param mixed $given `new` and `remove` of the form; or `key`, as it is stored.
 */
function sanitize_key_form( $given ) {
	if ( is_array( $given ) && array_key_exists( 'key', $given ) ) {
		return array( 'key' => clean_line( $given['key'] ) );
	}
	if ( ! empty( $given['remove'] ) ) {
		return array();
	}
	$key = is_array( $given ) ? clean_line( $given['new'] ?? '' ) : '';
	return '' === $key ? (array) get_option( KEY_OPTION, array() ) : array( 'key' => $key );
}

/** What a row of the list of agents has. */
const AGENT_FIELDS = array( 'alias', 'id', 'protocol', 'fromPhoneNumber', 'toPhoneNumber', 'leadName', 'agentVersion', 'codec', 'framing', 'bind', 'region' );

/** Prints the page. The key is not in it, whatever it is. */
function print_settings_page() {
	$settings = get_settings();
	$problem  = settings_problem();
	?>
	<div class="wrap synthflow-call-settings">
		<h1><?php esc_html_e( 'Synthflow Call', 'synthflow-call' ); ?></h1>
		<?php print_state( $problem ); ?>
		<form method="post" action="options.php">
			<?php settings_fields( PAGE ); ?>
			<table class="form-table" role="presentation">
				<?php
				print_key_row();
				print_agents_row( $settings['agents'] );
				print_everywhere_row( $settings );
				print_limits_row( $settings );
				print_origins_row( $settings['origins'] );
				?>
			</table>
			<?php submit_button(); ?>
		</form>
		<?php
		if ( '' === $problem ) {
			print_trial();
		}
		?>
	</div>
	<?php
}

/**
 * Whether visitors can call, or what to change.
 *
 * @param string $problem See {@see settings_problem()}.
 */
function print_state( $problem ) {
	if ( '' !== $problem ) {
		printf( '<div class="notice notice-warning inline"><p>%s %s</p></div>', esc_html__( 'Nobody can call yet.', 'synthflow-call' ), esc_html( $problem ) );
		return;
	}
	printf(
		'<div class="notice notice-success inline"><p>%s</p></div>',
		wp_kses(
			/* translators: %s: a shortcode. */
			sprintf( __( 'Ready. Add the block “Synthflow call” to a page, or write %s.', 'synthflow-call' ), '<code>[synthflow_call]</code>' ),
			array( 'code' => array() )
		)
	);
}

/** The key: it can be written here and never read. */
function print_key_row() {
	$is_stored = '' !== get_api_key();
	?>
	<tr>
		<th scope="row"><label for="synthflow-call-key"><?php esc_html_e( 'API key', 'synthflow-call' ); ?></label></th>
		<td>
			<?php if ( is_key_constant() ) : ?>
				<p><?php esc_html_e( 'SYNTHFLOW_API_KEY in wp-config.php says it.', 'synthflow-call' ); ?></p>
			<?php else : ?>
				<input id="synthflow-call-key" name="<?php echo esc_attr( KEY_OPTION ); ?>[new]" type="password" class="regular-text" autocomplete="new-password" spellcheck="false"
					placeholder="<?php echo $is_stored ? esc_attr__( 'A key is stored: write another one to replace it', 'synthflow-call' ) : ''; ?>">
				<?php if ( $is_stored ) : ?>
					<label><input type="checkbox" name="<?php echo esc_attr( KEY_OPTION ); ?>[remove]" value="1"> <?php esc_html_e( 'Remove it', 'synthflow-call' ); ?></label>
				<?php endif; ?>
				<p class="description"><?php esc_html_e( 'It stays on this server, and no page shows it again, this one neither. Safer still, as it is then in no backup of the database: define SYNTHFLOW_API_KEY in wp-config.php.', 'synthflow-call' ); ?></p>
			<?php endif; ?>
		</td>
	</tr>
	<?php
}

/**
 * The agents, and an empty row for another one.
 *
 * @param array[] $agents As they were typed.
 */
function print_agents_row( $agents ) {
	?>
	<tr>
		<th scope="row"><?php esc_html_e( 'Agents', 'synthflow-call' ); ?></th>
		<td>
			<?php
			foreach ( array_merge( $agents, array( array() ) ) as $index => $agent ) {
				print_agent( $index, $agent + array_fill_keys( AGENT_FIELDS, '' ) );
			}
			?>
			<p class="description"><?php esc_html_e( 'Visitors can call these and no others. The name is yours; pages choose an agent by it. To take one away, empty its name and its id. After saving there is room for another one.', 'synthflow-call' ); ?></p>
		</td>
	</tr>
	<?php
}

/**
 * One agent.
 *
 * @param int   $index Of its row.
 * @param array $agent As it was typed.
 */
function print_agent( $index, $agent ) {
	$wires = array(
		''      => __( 'Widget websocket', 'synthflow-call' ),
		'media' => __( 'WebSocket media', 'synthflow-call' ),
	);
	?>
	<fieldset class="synthflow-call-agent">
		<legend class="screen-reader-text">
			<?php
			/* translators: %d: number of the agent in the list. */
			echo esc_html( sprintf( __( 'Agent %d', 'synthflow-call' ), $index + 1 ) );
			?>
		</legend>
		<?php
		print_agent_field( $index, $agent, 'alias', __( 'Name', 'synthflow-call' ), 'support' );
		print_agent_field( $index, $agent, 'id', __( 'Agent id', 'synthflow-call' ), '00000000-0000-0000-0000-000000000000' );
		print_agent_choice( $index, $agent, 'protocol', __( 'Wire', 'synthflow-call' ), $wires );
		?>
		<details <?php echo 'media' === $agent['protocol'] ? 'open' : ''; ?>>
			<summary><?php esc_html_e( 'For WebSocket media, where each session is a call that is billed', 'synthflow-call' ); ?></summary>
			<?php
			print_agent_field( $index, $agent, 'fromPhoneNumber', __( 'From number', 'synthflow-call' ), '+15551234567' );
			print_agent_field( $index, $agent, 'toPhoneNumber', __( 'To number', 'synthflow-call' ), '+15551234567' );
			print_agent_field( $index, $agent, 'leadName', __( 'Caller’s name', 'synthflow-call' ) );
			print_agent_field( $index, $agent, 'agentVersion', __( 'Version', 'synthflow-call' ), __( 'the live one', 'synthflow-call' ) );
			print_agent_choice( $index, $agent, 'region', __( 'Region', 'synthflow-call' ), array( '' => '–', 'us' => 'us', 'eu' => 'eu' ) );
			print_agent_choice( $index, $agent, 'codec', __( 'Codec', 'synthflow-call' ), array( '' => '–' ) + array_combine( CODECS, CODECS ) );
			print_agent_choice( $index, $agent, 'framing', __( 'Framing', 'synthflow-call' ), array( '' => '–' ) + array_combine( FRAMINGS, FRAMINGS ) );
			$ways = array(
				''  => __( 'Call first, then connect', 'synthflow-call' ),
				'1' => __( 'Connect first, then bind', 'synthflow-call' ),
			);
			print_agent_choice( $index, $agent, 'bind', __( 'Order', 'synthflow-call' ), $ways );
			?>
		</details>
	</fieldset>
	<?php
}

/**
 * A text of an agent.
 *
 * @param int    $index       Of its row.
 * @param array  $agent       As it was typed.
 * @param string $field       One of AGENT_FIELDS.
 * @param string $label       What it is called.
 * @param string $placeholder An example.
 */
function print_agent_field( $index, $agent, $field, $label, $placeholder = '' ) {
	printf(
		'<label>%s <input type="text" name="%s[agents][%d][%s]" value="%s" placeholder="%s" spellcheck="false"></label>',
		esc_html( $label ),
		esc_attr( SETTINGS_OPTION ),
		(int) $index,
		esc_attr( $field ),
		esc_attr( $agent[ $field ] ),
		esc_attr( $placeholder )
	);
}

/**
 * A choice of an agent.
 *
 * @param int      $index   Of its row.
 * @param array    $agent   As it was typed.
 * @param string   $field   One of AGENT_FIELDS.
 * @param string   $label   What it is called.
 * @param string[] $choices Value → words.
 */
function print_agent_choice( $index, $agent, $field, $label, $choices ) {
	printf( '<label>%s <select name="%s[agents][%d][%s]">', esc_html( $label ), esc_attr( SETTINGS_OPTION ), (int) $index, esc_attr( $field ) );
	foreach ( $choices as $value => $words ) {
		printf( '<option value="%s" %s>%s</option>', esc_attr( $value ), selected( (string) $agent[ $field ], (string) $value, false ), esc_html( $words ) );
	}
	echo '</select></label>';
}

/**
 * The switch for every page.
 *
 * @param array $settings As they were typed.
 */
function print_everywhere_row( $settings ) {
	?>
	<tr>
		<th scope="row"><?php esc_html_e( 'On every page', 'synthflow-call' ); ?></th>
		<td>
			<label><input type="checkbox" name="<?php echo esc_attr( SETTINGS_OPTION ); ?>[everywhere]" value="1" <?php checked( $settings['everywhere'] ); ?>> <?php esc_html_e( 'Show the button on every page', 'synthflow-call' ); ?></label>
			<p>
				<label for="synthflow-call-everywhere"><?php esc_html_e( 'with these attributes, as a shortcode has them:', 'synthflow-call' ); ?></label><br>
				<input id="synthflow-call-everywhere" type="text" class="large-text code" spellcheck="false" name="<?php echo esc_attr( SETTINGS_OPTION ); ?>[everywhere_attributes]" value="<?php echo esc_attr( $settings['everywhere_attributes'] ); ?>">
			</p>
			<p class="description"><?php echo wp_kses( __( 'Such as <code>position="bottom-left" variant="icon" assistant-id="support"</code>.', 'synthflow-call' ), array( 'code' => array() ) ); ?></p>
		</td>
	</tr>
	<?php
}

/**
 * The limits, and how visitors are told apart.
 *
 * @param array $settings As they were typed.
 */
function print_limits_row( $settings ) {
	$labels = array(
		'address_per_minute' => __( 'of one visitor in a minute', 'synthflow-call' ),
		'address_per_hour'   => __( 'of one visitor in an hour', 'synthflow-call' ),
		'per_minute'         => __( 'of everybody in a minute', 'synthflow-call' ),
		'per_day'            => __( 'of everybody in a day', 'synthflow-call' ),
	);
	?>
	<tr>
		<th scope="row"><?php esc_html_e( 'Most calls', 'synthflow-call' ); ?></th>
		<td>
			<?php foreach ( $labels as $limit => $label ) : ?>
				<label class="synthflow-call-limit">
					<input type="number" min="1" step="1" name="<?php echo esc_attr( SETTINGS_OPTION . "[limits][$limit]" ); ?>" value="<?php echo esc_attr( $settings['limits'][ $limit ] ?? '' ); ?>">
					<?php echo esc_html( $label ); ?>
				</label>
			<?php endforeach; ?>
			<p class="description"><?php esc_html_e( 'Each call costs you money: set the day’s limit to what you can afford. An empty field sets no limit.', 'synthflow-call' ); ?></p>
			<p>
				<label><?php esc_html_e( 'Proxies in front of this site', 'synthflow-call' ); ?>
				<input type="text" class="small-text" name="<?php echo esc_attr( SETTINGS_OPTION ); ?>[proxies]" value="<?php echo esc_attr( $settings['proxies'] ); ?>"></label>
			</p>
			<p class="description"><?php esc_html_e( 'A number, or cloudflare. Too small, and all visitors count as one; too large, and they can choose their address. At 0 the address is the one that WordPress itself sees.', 'synthflow-call' ); ?></p>
		</td>
	</tr>
	<?php
}

/**
 * Other sites whose pages may use this endpoint.
 *
 * @param string[] $origins As they were typed.
 */
function print_origins_row( $origins ) {
	?>
	<tr>
		<th scope="row"><label for="synthflow-call-origins"><?php esc_html_e( 'Other sites', 'synthflow-call' ); ?></label></th>
		<td>
			<textarea id="synthflow-call-origins" class="large-text code" rows="3" spellcheck="false" placeholder="https://shop.example.com" name="<?php echo esc_attr( SETTINGS_OPTION ); ?>[origins]"><?php echo esc_textarea( implode( "\n", $origins ) ); ?></textarea>
			<p class="description">
				<?php
				/* translators: %s: a URL. */
				$sentence = __( 'Pages of this site may always call. List the origins, one a line, of others that use the tag with token-endpoint="%s".', 'synthflow-call' );
				echo esc_html( sprintf( $sentence, token_endpoint_url() ) );
				?>
			</p>
		</td>
	</tr>
	<?php
}

/** The tag itself, to try the settings with. */
function print_trial() {
	printf( '<h2>%s</h2><p>%s</p>', esc_html__( 'Try it', 'synthflow-call' ), esc_html__( 'This is a real call, which Synthflow may bill.', 'synthflow-call' ) );
	echo render_tag( array() ); // phpcs:ignore WordPress.Security.EscapeOutput -- escaped there.
}
