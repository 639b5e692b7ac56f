import Model
import Offline

extension Call {
  /// The flow given in the query: `protocol`, `source` and `destination`.
  func flow() throws -> FlowTuple {
    let transport = try word("protocol", "tcp or udp") { TransportProtocol(name: $0) }
    let source = try word("source", "an address and port such as 192.0.2.1:40000 or [2001:db8::1]:40000") { Endpoint($0) }
    let destination = try word("destination", "a VIP and port such as 10.0.0.100:80 or [2001:db8::1]:53") { Endpoint($0) }
    guard let flow = FlowTuple(transport, from: source, to: destination) else {
      throw APIError.badRequest(
        "source \(source) and destination \(destination) are of different IP versions: no packet has both"
      )
    }
    return flow
  }

  private func word<Value>(_ name: String, _ form: String, _ parse: (String) -> Value?) throws -> Value {
    guard let text = query[name] else { throw APIError.badRequest("the query's \(name) is missing: give \(form)") }
    guard let value = parse(text) else { throw APIError.badRequest("the query's \(name)=\(text) is not \(form)") }
    return value
  }
}
