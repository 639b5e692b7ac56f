import PlainDirector
import Testing

@testable import API
@testable import Configuration
@testable import Model
@testable import Offline
@testable import Reconciler

@Suite struct ExplainAPITests {
  @Test func `a flow is explained over the control socket`() async throws {
    try await LiveAPI.run { api in
      let source = Endpoint(address: IPAddress(192, 0, 2, 1), port: 40000)
      let flow = try #require(FlowTuple(.tcp, from: source, to: Sample.web.endpoint))
      let explained = try await api.client.explain(flow)
      #expect(explained == (await api.plain.director.explain(flow)))
      #expect(explained.server?.address == Sample.first)
    }
  }

  @Test func `an IPv6 flow is named in a query`() async throws {
    try await LiveAPI.run { api in
      let source = try #require(Endpoint("[2001:db8::1]:40000"))
      let destination = try #require(Endpoint("[2001:db8::100]:80"))
      let flow = try #require(FlowTuple(.udp, from: source, to: destination))
      #expect(try await api.client.explain(flow).notes == ["2001:db8::100 is not a VIP; the VIPs are 10.0.0.100"])
    }
  }

  @Test(
    "A query that names no flow is refused with what is wrong",
    arguments: [
      ("source=192.0.2.1:1&destination=10.0.0.100:80", "the query's protocol is missing: give tcp or udp"),
      ("protocol=sctp&source=192.0.2.1:1&destination=10.0.0.100:80", "the query's protocol=sctp is not tcp or udp"),
      (
        "protocol=tcp&source=192.0.2.1&destination=10.0.0.100:80",
        "the query's source=192.0.2.1 is not an address and port such as 192.0.2.1:40000 or [2001:db8::1]:40000"
      ),
      (
        "protocol=tcp&source=192.0.2.1:1&destination=vip:80",
        "the query's destination=vip:80 is not a VIP and port such as 10.0.0.100:80 or [2001:db8::1]:53"
      ),
      (
        "protocol=tcp&source=192.0.2.1:1&destination=[2001:db8::1]:80",
        "source 192.0.2.1:1 and destination [2001:db8::1]:80 are of different IP versions: no packet has both"
      ),
      ("port=80", "unknown query parameter 'port': use one of destination, protocol, source"),
    ]
  )
  func refusal(query: String, says: String) async throws {
    try await LiveAPI.run { api in
      let answer = try await api.raw("GET /v1/explain?\(query) HTTP/1.1\r\nHost: sluice\r\nConnection: close\r\n\r\n")
      #expect(answer.hasPrefix("HTTP/1.1 400 "))
      #expect(answer.contains("\"message\":\"\(says)\""), "\(answer)")
    }
  }
}
