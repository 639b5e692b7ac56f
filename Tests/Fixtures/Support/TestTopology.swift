package enum TestTopology {
  package static let yaml = """
    director:
      interfaces: [eth0, eth1]
      flows: 1024
      limits: { services: 8, servers: 16, ring-slots: 4096 }
    timeouts: { udp: 30, syn-received: 60 }
    services:
      - service: tcp 10.0.0.100:80
        ring: 251
        servers: [{ address: 10.0.0.2 }]
      - service: udp 10.0.0.101:0
        ring: 251
        servers: [{ address: 10.1.0.9, forward: ipip }]
    replay:
      interfaces:
        eth0: { mac: 02:00:00:00:00:02, addresses: [10.0.0.1/24] }
        eth1: { mac: 02:00:00:00:01:02, addresses: [10.1.0.1/24], tags: [100] }
      next-hops:
        10.0.0.2: { mac: 02:00:00:00:00:22 }
        10.1.0.9: { mac: 02:00:00:00:01:99 }

    """
}
