using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.Options;
using IPNetwork = System.Net.IPNetwork;

namespace DurableSessions.Http.Limits;

/// <summary>The proxies of <see cref="ProxySettings"/>.</summary>
internal sealed class TrustedProxies(IOptions<ProxySettings> settings)
{
    private readonly IReadOnlyList<IPNetwork> _networks = TryParse(settings.Value.Trusted ?? "") ?? [];

    /// <summary>The networks of a list; <see langword="null"/> where it is not one.</summary>
    public static IReadOnlyList<IPNetwork>? TryParse(string text)
    {
        string[] parts = text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var networks = new List<IPNetwork>(parts.Length);
        foreach (string part in parts)
        {
            if (IPAddress.TryParse(part, out IPAddress? address))
            {
                networks.Add(new IPNetwork(address, address.GetAddressBytes().Length * 8));
            }
            else if (IPNetwork.TryParse(part, out IPNetwork network) && network.PrefixLength > 0)
            {
                networks.Add(network);
            }
            else
            {
                return null;
            }
        }

        return networks.Count <= ProxySettings.MaxNetworks ? networks : null;
    }

    /// <summary>Whether a connection from this address is one of a proxy's.</summary>
    public bool Contains(IPAddress address) => _networks.Any(network => network.Contains(address));

    /// <summary>Has ASP.NET Core believe the headers of these proxies and of no others; its own defaults believe every local one.</summary>
    public void Configure(ForwardedHeadersOptions options)
    {
        options.ForwardedHeaders = _networks.Count > 0
            ? ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto
            : ForwardedHeaders.None;
        options.ForwardLimit = settings.Value.Hops;
        options.KnownProxies.Clear();
        options.KnownIPNetworks.Clear();
        foreach (IPNetwork network in _networks)
        {
            options.KnownIPNetworks.Add(network);
        }
    }
}
