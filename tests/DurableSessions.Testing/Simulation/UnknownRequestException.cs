namespace DurableSessions.Testing;

/// <summary>A client sent something that the simulated storage does not know. The message names the request and its headers.</summary>
public sealed class UnknownRequestException : Exception
{
    internal UnknownRequestException(SimulatedRequest request, string what)
        : base($"The simulated storage does not know {what}: {request.Describe()}")
    {
    }
}
