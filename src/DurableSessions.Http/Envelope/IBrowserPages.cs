using DurableSessions.Http.Errors;
using Microsoft.AspNetCore.Http;

namespace DurableSessions.Http.Envelope;

/// <summary>Pages for browsers that a host serves beside the API, under a path of their own.</summary>
internal interface IBrowserPages
{
    /// <summary>Whether a request is for one of them, or for what would be one.</summary>
    bool Has(HttpContext http);

    /// <summary>
    /// Runs before the API's admission, once the addresses of clients behind trusted proxies are known: refuses what no page of this host
    /// has caused, and gives a request the headers by which the API authenticates it.
    /// </summary>
    /// <exception cref="ApiException">It is refused.</exception>
    void Enter(HttpContext http);

    /// <summary>Answers with an error, as a page.</summary>
    Task SendErrorAsync(HttpContext http, ApiError error);
}
