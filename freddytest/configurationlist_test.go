package freddytest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/aitronos/freddy-go"
	"github.com/aitronos/freddy-go/freddytest"
)

// seeded returns a server with six configurations. Every filter matches some.
func seeded(t *testing.T) *freddytest.Server {
	t.Helper()
	server := freddytest.NewServer(t)
	for i, c := range []freddy.Configuration{
		{PersonalConnectorID: "pcon_github", Enabled: true, HealthStatus: freddy.HealthStatusHealthy},
		{PersonalConnectorID: "pcon_notion", Enabled: true, HealthStatus: freddy.HealthStatusUnknown},
		{PersonalConnectorID: "pcon_github", Enabled: false, HealthStatus: freddy.HealthStatusUnhealthy},
		{PersonalConnectorID: "pcon_github", Enabled: true, HealthStatus: freddy.HealthStatusUnknown},
		{PersonalConnectorID: "pcon_slack", Enabled: false, HealthStatus: freddy.HealthStatusHealthy},
		{PersonalConnectorID: "pcon_slack", Enabled: true, HealthStatus: freddy.HealthStatusHealthy},
	} {
		c.ID = fmt.Sprint("pconf_", i+1)
		server.AddConfiguration(c)
	}
	return server
}

func TestListConfigurations(t *testing.T) {
	t.Parallel()
	client := seeded(t).Client()
	yes, no := true, false
	tests := []struct {
		name   string
		params freddy.ConfigurationListParams
		want   string
	}{
		{"all", freddy.ConfigurationListParams{}, "1 2 3 4 5 6"},
		{"connector", freddy.ConfigurationListParams{PersonalConnectorID: "pcon_github"}, "1 3 4"},
		{"unknown connector", freddy.ConfigurationListParams{PersonalConnectorID: "pcon_unknown"}, ""},
		{"enabled", freddy.ConfigurationListParams{Enabled: &yes}, "1 2 4 6"},
		{"disabled", freddy.ConfigurationListParams{Enabled: &no}, "3 5"},
		{"healthy", freddy.ConfigurationListParams{HealthStatus: freddy.HealthStatusHealthy}, "1 5 6"},
		{"unhealthy", freddy.ConfigurationListParams{HealthStatus: freddy.HealthStatusUnhealthy}, "3"},
		{"unknown", freddy.ConfigurationListParams{HealthStatus: freddy.HealthStatusUnknown}, "2 4"},
		{"all filters", freddy.ConfigurationListParams{PersonalConnectorID: "pcon_slack", Enabled: &yes, HealthStatus: freddy.HealthStatusHealthy}, "6"},
		{"limit", freddy.ConfigurationListParams{Limit: 2}, "1 2"},
		{"limit and filter", freddy.ConfigurationListParams{PersonalConnectorID: "pcon_github", Limit: 2}, "1 3"},
		{"after", freddy.ConfigurationListParams{After: "pconf_4"}, "5 6"},
		{"limit and after", freddy.ConfigurationListParams{After: "pconf_2", Limit: 3}, "3 4 5"},
		{"cursor that does not match", freddy.ConfigurationListParams{PersonalConnectorID: "pcon_github", After: "pconf_2"}, "3 4"},
		{"after the last", freddy.ConfigurationListParams{After: "pconf_6"}, ""},
		{"largest limit", freddy.ConfigurationListParams{Limit: 100}, "1 2 3 4 5 6"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			page, err := client.Configurations().List(t.Context(), tt.params)
			require.NoError(t, err)
			assert.Empty(t, page.Extra)
			assert.Equal(t, tt.want, configurationIDs(page.Items))
		})
	}
}

func TestListConfigurationsDefaultLimit(t *testing.T) {
	t.Parallel()
	server := freddytest.NewServer(t)
	for i := range 30 {
		server.AddConfiguration(freddy.Configuration{ID: fmt.Sprint("pconf_", i)})
	}
	page, err := server.Client().Configurations().List(t.Context(), freddy.ConfigurationListParams{})
	require.NoError(t, err)
	assert.Len(t, page.Items, 20)
	assert.True(t, page.HasMore)
}

func TestAllConfigurations(t *testing.T) {
	t.Parallel()
	// Of six, a page of three is full twice, and the third is empty.
	for limit, requests := range map[int]int{1: 7, 3: 3, 4: 2, 6: 2, 100: 1} {
		t.Run(fmt.Sprint(limit), func(t *testing.T) {
			t.Parallel()
			server := seeded(t)
			var found []*freddy.Configuration
			for c, err := range server.Client().Configurations().All(t.Context(), freddy.ConfigurationListParams{Limit: limit}) {
				require.NoError(t, err)
				found = append(found, c)
			}
			assert.Equal(t, "1 2 3 4 5 6", configurationIDs(found))
			assert.Len(t, server.Requests(), requests)
		})
	}
}

// A loop can change the configurations that its filter matches.
func TestAllWhileConfigurationsChange(t *testing.T) {
	t.Parallel()
	server := seeded(t)
	s := server.Client().Configurations()
	yes := true
	var found []*freddy.Configuration
	for c, err := range s.All(t.Context(), freddy.ConfigurationListParams{Enabled: &yes, Limit: 1}) {
		require.NoError(t, err)
		found = append(found, c)
		_, err = s.SetEnabled(t.Context(), c.ID, false)
		require.NoError(t, err)
	}
	assert.Equal(t, "1 2 4 6", configurationIDs(found))
}

func TestAllFailsIfTheCursorIsDeleted(t *testing.T) {
	t.Parallel()
	s := seeded(t).Client().Configurations()
	var found []*freddy.Configuration
	var last error
	for c, err := range s.All(t.Context(), freddy.ConfigurationListParams{Limit: 2}) {
		if last = err; err == nil {
			found = append(found, c)
			require.NoError(t, s.Delete(t.Context(), c.ID))
		}
	}
	require.ErrorIs(t, last, freddy.ErrBadRequest)
	assert.Equal(t, "1 2", configurationIDs(found))
}

func TestListConfigurationsParameterErrors(t *testing.T) {
	t.Parallel()
	server := seeded(t)
	const (
		boolean = "Input should be a valid boolean, unable to interpret input"
		health  = "Input should be 'healthy', 'unhealthy' or 'unknown'"
		cursor  = "Value error, unknown cursor"
	)
	tests := []struct{ target, name, message, kind string }{
		{"?limit=0", "limit", "Input should be greater than or equal to 1", "greater_than_equal"},
		{"?limit=101", "limit", "Input should be less than or equal to 100", "less_than_equal"},
		{"?enabled=maybe", "enabled", boolean, "bool_parsing"},
		{"?enabled=", "enabled", boolean, "bool_parsing"},
		{"?healthStatus=sick", "healthStatus", health, "enum"},
		{"?after=pconf_7", "after", cursor, "value_error"},
		{"?after=", "after", cursor, "value_error"},
		{"/pconf_1/tools?forceRefresh=1", "forceRefresh", boolean, "bool_parsing"},
		{"/pconf_unknown/tools?forceRefresh=1", "forceRefresh", boolean, "bool_parsing"},
	}
	for _, tt := range tests {
		t.Run(tt.target, func(t *testing.T) {
			t.Parallel()
			got := get(t, server, configurationsPath+tt.target)
			assert.Equal(t, http.StatusUnprocessableEntity, got.status)
			want, err := json.Marshal(tt.message)
			require.NoError(t, err)
			assert.JSONEq(t, fmt.Sprintf(`{"detail":[{"loc":["query",%q],"msg":%s,"type":%q}]}`, tt.name, want, tt.kind), got.body)
		})
	}
}

func TestListConfigurationsParameterErrorsThroughTheClient(t *testing.T) {
	t.Parallel()
	_, err := freddytest.NewServer(t).Client().Configurations().List(t.Context(), freddy.ConfigurationListParams{HealthStatus: "sick", After: "pconf_7"})
	require.ErrorIs(t, err, freddy.ErrBadRequest)
	var apiErr *freddy.APIError
	require.ErrorAs(t, err, &apiErr)
	require.Len(t, apiErr.Fields, 2)
	assert.Equal(t, "healthStatus", apiErr.Fields[0].Field)
	assert.Equal(t, freddy.FieldError{Field: "after", Message: "Value error, unknown cursor", Code: "value_error"}, apiErr.Fields[1])
}
