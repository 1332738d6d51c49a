using DurableSessions.Http.Audit;
using DurableSessions.Http.Callers;
using DurableSessions.Http.Envelope;
using DurableSessions.Http.Errors;
using DurableSessions.Http.Requests;
using DurableSessions.Ui.Pages;
using DurableSessions.Ui.Signing;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.DependencyInjection;

namespace DurableSessions.Ui;

/// <summary>
/// The door of everything under <c>/ui</c>: only this host's own pages come in, with the key of their cookie, and errors are pages.
/// </summary>
/// <remarks>It is made with the host's pipeline, before storage is open: what needs that is asked for by requests.</remarks>
internal sealed class BrowserPages : IBrowserPages
{
    // Forms here have a few short fields.
    private const int MaxBodyBytes = 64 * 1024;

    private const string ContentSecurityPolicy =
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; "
        + "base-uri 'none'; frame-ancestors 'none'";

    public bool Has(HttpContext http) => http.Request.Path.StartsWithSegments(UiPaths.Root, StringComparison.OrdinalIgnoreCase);

    public void Enter(HttpContext http)
    {
        http.Response.OnStarting(SetHeaders, http);
        HttpRequest request = http.Request;
        if (BrowserOrigin.ForeignHeader(request) is { } foreign)
        {
            throw new ApiException(ApiError.PermissionDenied(
                Location.Header(foreign), "another site has led here. Open the page yourself.", RefusalReason.ForeignPage));
        }

        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } body)
        {
            body.MaxRequestBodySize = MaxBodyBytes;
        }

        if (http.RequestServices.GetRequiredService<ICallerSource>().AuthMode == DevCallerSource.Mode)
        {
            TakeQuery(request, "account", "X-OpenViking-Account");
            TakeQuery(request, "user", "X-OpenViking-User");
        }
        else
        {
            SessionCookie.HandOver(request);
        }
    }

    public async Task SendErrorAsync(HttpContext http, ApiError error)
    {
        // Before routing and before the door: what it has refused has its headers all the same.
        http.Response.OnStarting(SetHeaders, http);
        if (error.RetryAfterSeconds is { } seconds)
        {
            http.Response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        var page = PageContext.Of(http);
        if (error.HttpStatus == StatusCodes.Status401Unauthorized && !page.Viewer.IsDev && SignIn.FindForm(http, page, error) is { } form)
        {
            await form.ExecuteAsync(http);
            return;
        }

        var parameters = new Dictionary<string, object?>
        {
            [nameof(ErrorPage.Page)] = page,
            [nameof(ErrorPage.Status)] = error.HttpStatus,
            [nameof(ErrorPage.Message)] = error.Message,
            [nameof(ErrorPage.RetryAfter)] = error.RetryAfterSeconds,
            [nameof(ErrorPage.Again)] = HttpMethods.IsGet(http.Request.Method) && UiPaths.IsLocal(page.Here) ? page.Here : null,
        };
        await new RazorComponentResult<ErrorPage>(parameters) { StatusCode = error.HttpStatus }.ExecuteAsync(http);
    }

    // A header that names it already is another client's than a browser's.
    private static void TakeQuery(HttpRequest request, string name, string header)
    {
        if (!request.Headers.ContainsKey(header) && request.Query[name].ToString() is { Length: > 0 } id)
        {
            request.Headers[header] = Ids.Check(id, Location.Query(name));
        }
    }

    private static Task SetHeaders(object state)
    {
        HttpResponse response = ((HttpContext)state).Response;
        IHeaderDictionary headers = response.Headers;
        headers.ContentSecurityPolicy = ContentSecurityPolicy;

        // As no-referrer to all other hosts. That one would have browsers send the origin "null" with this host's own forms, which is a
        // foreign one.
        headers["Referrer-Policy"] = "same-origin";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        if (response.ContentType?.StartsWith("text/html", StringComparison.Ordinal) != false)
        {
            headers.CacheControl = "no-store";
            headers.Remove("Pragma");
        }

        return Task.CompletedTask;
    }
}
