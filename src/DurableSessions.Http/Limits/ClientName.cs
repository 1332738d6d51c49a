using System.Net;
using System.Net.Sockets;
using DurableSessions.Http.Keys;
using Microsoft.AspNetCore.Http;

namespace DurableSessions.Http.Limits;

/// <summary>By what a client is counted: its key where that is known, else its address.</summary>
internal static class ClientName
{
    private const int IPv6NetworkBytes = 8;

    /// <summary>As the rate limit counts it; by its address where nothing is limited.</summary>
    public static string Of(HttpContext http) => RequestCost.Find(http)?.Client ?? OfAddress(http);

    /// <summary>By its address, whatever key it presents.</summary>
    public static string OfAddress(HttpContext http) => $"address {Network(http.Connection.RemoteIpAddress)}";

    public static string Of(ApiKey key) => $"key {key.Id}";

    /// <summary>The network of an address: a client can use any number of IPv6 addresses of its network of 64 bits.</summary>
    public static string Network(IPAddress? address) => address switch
    {
        null => "local",
        { IsIPv4MappedToIPv6: true } => address.MapToIPv4().ToString(),
        { AddressFamily: AddressFamily.InterNetworkV6 } => Convert.ToHexString(address.GetAddressBytes(), 0, IPv6NetworkBytes),
        _ => address.ToString(),
    };
}
