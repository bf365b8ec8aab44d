// Command go-gin is the service on Gin.
package main

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"frostbyte/functions/service/go"
)

const name = "go-gin"

func refuse(c *gin.Context, err error) {
	status, body := service.Status(err)
	c.Data(status, service.JSON, []byte(body))
}

func answer(handle func([]byte) ([]byte, error)) gin.HandlerFunc {
	return func(c *gin.Context) {
		body, err := service.Read(c.Writer, c.Request)
		if err == nil {
			body, err = handle(body)
		}
		if err != nil {
			refuse(c, err)
			return
		}
		c.Data(http.StatusOK, service.JSON, body)
	}
}

func handler() http.Handler {
	gin.SetMode(gin.ReleaseMode)
	router := gin.New()
	router.Use(gin.Recovery())
	router.HandleMethodNotAllowed = true // Gin then names the methods in Allow itself
	router.NoMethod(func(c *gin.Context) { refuse(c, service.UnknownMethod) })
	router.NoRoute(func(c *gin.Context) { refuse(c, service.UnknownPath) })
	router.GET("/", func(c *gin.Context) { c.Data(http.StatusOK, service.Text, []byte(service.Hello)) })
	router.GET("/health", func(c *gin.Context) { c.Data(http.StatusOK, service.JSON, []byte(service.Health)) })
	router.POST("/echo", answer(func(body []byte) ([]byte, error) { return service.Echo(body, name) }))
	router.POST("/api", answer(service.API))
	return router
}

func main() { service.Main(name, func() error { return service.Serve(handler()) }) }
