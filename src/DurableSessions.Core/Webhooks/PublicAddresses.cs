using System.Net;
using System.Net.Sockets;

namespace DurableSessions.Core.Webhooks;

/// <summary>
/// Which addresses belong to the internet at large, by IANA's registries of special-purpose addresses. All others lead into the host, its
/// network, or its cloud.
/// </summary>
internal static class PublicAddresses
{
    private static readonly IPNetwork[] s_special4 = Parse(
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
        "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",

        // Azure's platform as a virtual machine sees it.
        "168.63.129.16/32");

    // The only block of IPv6 that is given out. Loopback, unique local, link-local, multicast and translated addresses are outside of it.
    private static readonly IPNetwork s_global6 = IPNetwork.Parse("2000::/3");

    // Tunnels, which have an IPv4 address in them, and documentation.
    private static readonly IPNetwork[] s_special6 = Parse("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20");

    /// <summary>Whether an address is public. An IPv4 address that is mapped to IPv6 is what it is as IPv4.</summary>
    public static bool Contain(IPAddress address)
    {
        IPAddress plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return plain.AddressFamily switch
        {
            AddressFamily.InterNetwork => !s_special4.Any(n => n.Contains(plain)),
            AddressFamily.InterNetworkV6 => s_global6.Contains(plain) && !s_special6.Any(n => n.Contains(plain)),
            _ => false,
        };
    }

    private static IPNetwork[] Parse(params string[] networks) => [.. networks.Select(static n => IPNetwork.Parse(n))];
}
