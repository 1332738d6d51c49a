namespace DurableSessions.Http.Errors;

/// <summary>Ends a request with an error response.</summary>
internal sealed class ApiException(ApiError error) : Exception(error.Message)
{
    public ApiError Error { get; } = error;

    public static ApiException Invalid(Location location, string message, string type = "value_error") =>
        new(ApiError.InvalidArgument(location, message, type));
}
