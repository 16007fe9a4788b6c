"""paho-mqtt: the three qualities of service, retained messages, TLS, a loop in a thread."""

from __future__ import annotations

SERVERS = ("mosquitto",)

import queue
import ssl

import paho.mqtt.client as mqtt
from _common import HOST, certificate, check, fails, port_of

check()


def talk(host: str, port: int, context: ssl.SSLContext | None) -> None:
    events: queue.Queue = queue.Queue()
    client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="", protocol=mqtt.MQTTv5)
    client.on_connect = lambda *arguments: events.put("connected")
    client.on_subscribe = lambda *arguments: events.put("subscribed")
    client.on_message = lambda client, data, message: events.put((message.qos, message.payload))
    client.on_disconnect = lambda *arguments: events.put("disconnected")
    if context is not None:
        client.tls_set_context(context)
    client.connect(host, port)
    client.loop_start()
    print(events.get(timeout=30))
    client.subscribe("topic/#", qos=2)
    print(events.get(timeout=30))
    for qos in range(3):
        client.publish(f"topic/{qos}", b"%d" % qos * 200_000, qos=qos).wait_for_publish(30)
        level, payload = events.get(timeout=30)
        print(level, payload[:3], len(payload))
    client.disconnect()
    print(events.get(timeout=30))
    client.loop_stop()


talk(HOST, port_of("mosquitto"), None)
talk("localhost", port_of("mosquitto", "tls"), ssl.create_default_context(cafile=certificate()[0]))
print(fails(mqtt.Client(mqtt.CallbackAPIVersion.VERSION2).connect, HOST, 1))
unknowing = ssl.create_default_context()
refused = fails(talk, "localhost", port_of("mosquitto", "tls"), unknowing)
print(refused.partition(" (_ssl.c")[0])
