using Azure;
using DurableSessions.Http.Errors;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace DurableSessions.Ui.Signing;

/// <summary>What shows that a form is from a host of this container, and was shown to this browser: ASP.NET Core's antiforgery.</summary>
internal static class FormTokens
{
    /// <summary>The field of a form.</summary>
    /// <exception cref="ApiException">503: storage does not give the keys.</exception>
    public static (string Name, string Value) Make(HttpContext http)
    {
        try
        {
            AntiforgeryTokenSet tokens = Of(http).GetAndStoreTokens(http);
            return (tokens.FormFieldName, tokens.RequestToken!);
        }
        catch (Exception e) when (IsAway(e))
        {
            throw Unavailable();
        }
    }

    /// <summary>Checks a form.</summary>
    /// <exception cref="ApiException">400: it is not from here; 503: storage does not give the keys.</exception>
    public static async Task CheckAsync(HttpContext http)
    {
        try
        {
            await Of(http).ValidateRequestAsync(http);
        }
        catch (Exception e) when (IsAway(e))
        {
            throw Unavailable();
        }
        catch (Exception e) when (e is InvalidDataException or AntiforgeryValidationException)
        {
            throw new ApiException(new ApiError(
                StatusCodes.Status400BadRequest, "INVALID_ARGUMENT",
                "The form is not from this server, or is too old. Go back, load the page again, and send it once more."));
        }
    }

    private static IAntiforgery Of(HttpContext http) => http.RequestServices.GetRequiredService<IAntiforgery>();

    private static ApiException Unavailable() => new(ApiError.Unavailable("Storage does not answer; try again."));

    // The storage client's exceptions, under those of the libraries between.
    private static bool IsAway(Exception? e) => e switch
    {
        null => false,
        RequestFailedException or AggregateException => true,
        _ => IsAway(e.InnerException),
    };
}
