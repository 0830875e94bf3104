/* One hop of a chain as C can do it: takes a message and sends it on as it is. On libmosquitto, QoS 1.
   hop ADDRESS PORT FROM TO: with port 0 the address is the path of a unix socket. */
#include <mosquitto.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>

static const char *from, *to;

static void connected(struct mosquitto *mosq, void *obj, int code) {
    (void)obj;
    if (code == 0) mosquitto_subscribe(mosq, NULL, from, 1);
}

static void came(struct mosquitto *mosq, void *obj, const struct mosquitto_message *message) {
    (void)obj;
    mosquitto_publish(mosq, NULL, to, message->payloadlen, message->payload, 1, false);
}

int main(int argc, char **argv) {
    if (argc != 5) return 2;
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    from = argv[3];
    to = argv[4];
    mosquitto_lib_init();
    struct mosquitto *mosq = mosquitto_new(NULL, true, NULL);
    mosquitto_connect_callback_set(mosq, connected);
    mosquitto_message_callback_set(mosq, came);
    mosquitto_max_inflight_messages_set(mosq, 20000);
    mosquitto_int_option(mosq, MOSQ_OPT_TCP_NODELAY, 1);
    int wrong = mosquitto_connect(mosq, argv[1], atoi(argv[2]), 60);
    if (wrong) {
        fprintf(stderr, "%s\n", mosquitto_strerror(wrong));
        return 1;
    }
    return mosquitto_loop_forever(mosq, -1, 1);
}
